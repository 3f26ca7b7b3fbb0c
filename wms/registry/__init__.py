"""Filed once, shared by all (一次备案、多主体共享): companies, vehicles, products and their units."""
