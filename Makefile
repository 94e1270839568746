# Lynex: `make up` runs it, `make test` checks it. `make help` lists the rest.
