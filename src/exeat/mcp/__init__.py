"""``exeat mcp``: the desk as tools of the Model Context Protocol. Needs the extra ``mcp``."""
