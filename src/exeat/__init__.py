"""exeat: may this item go to this party in this place, for this use, and under which authority?

US export control of AI chips as dated, cited, executable law. Importing the package loads nothing heavy.
"""

from __future__ import annotations

__version__ = "0.1.0"
