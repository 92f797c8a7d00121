#ifndef GV_DEPGRAPH_UNIT_H
#define GV_DEPGRAPH_UNIT_H
/*
 * The components of an environment in the order in which they are built up:
 * each behind those that it needs. A component is a folder that a tool deploys
 * as one: a stack of Terraform, a chart, a kustomization. Not for what runs in
 * an environment without code of its own.
 *
 *	r = gv_depgraph_units(&units, &g, "prod");
 *	for (i = 0; i < units.n; i++)
 *		units.items[i].dir, units.items[i].needs[…]
 *	gv_depgraph_units_release(&units);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

struct gv_depgraph;

struct gv_depgraph_unit {
	const char *dir;    /* "" for the top */
	const char *kind;   /* gv_depgraph_component() */
	const char *values; /* a file that the tool has to be given: its path
			       from `dir`; or NULL */
	bool is_shared;     /* it has files that are not of the environment */
	const uint32_t *needs; /* units by number, each before this one */
	size_t n_needs;
};

struct gv_depgraph_units {
	struct gv_depgraph_unit *items;
	size_t n;
	/* private */
	size_t cap;
	struct gv_arena arena;
};

/* Find those of an environment; `env` NULL: all. What needs each other in a
 * circle comes in the order of the folders. 0 or GV_ENOMEM; to be released in
 * any case. */
int gv_depgraph_units(struct gv_depgraph_units *out,
    const struct gv_depgraph *g, const char *env);

/* Zeroed ok. */
void gv_depgraph_units_release(struct gv_depgraph_units *units);

#endif
