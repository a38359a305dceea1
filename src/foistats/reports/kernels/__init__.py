"""The processes that notebooks run in: forked from a warm one, used once, and watched."""
