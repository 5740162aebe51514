"""Subscribers, groups, domains and registrations in SQL, over SQLAlchemy Core.

Nothing here is imported until a db_url is used: SQLAlchemy takes longer to load than all of serctl.
Only `worker` knows gevent; all else serves the daemon and the tools alike.
"""
