"""The kernel: what every service needs and none owns. It knows no service; one idea per module."""
