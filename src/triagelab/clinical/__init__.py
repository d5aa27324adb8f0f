"""Clinical knowledge: vital signs, facts and the ESI decision. Usable alone: no torch, no web, no network."""
