"""The front door: gradients, Jacobians, Hessians, differentials, derivations."""
