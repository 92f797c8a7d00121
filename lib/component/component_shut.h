#ifndef GV_COMPONENT_SHUT_H
#define GV_COMPONENT_SHUT_H
/*
 * Which dumps are not encrypted for the present readers of their environment:
 * a dump never changes, so that a reader who came later cannot open it, and one
 * who went still can. The next dump of the component is for the present ones.
 *
 *	r = gv_component_shut(&list, repo, safe);
 *	... list.items[i].name
 *	gv_component_shut_release(&list);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gv_repo;
struct gv_safe;

struct gv_component_shut {
	char *env, *name;
	uint64_t dumps;
	bool is_newest; /* the newest of the component is among them */
};

struct gv_component_shuts {
	struct gv_component_shut *items; /* as the refs are sorted */
	size_t n, cap;
};

/* Find them. What cannot be read is left to verify. To be released in any case.
 * 0; GV_ENOMEM; GV_ERROR. */
int gv_component_shut(
    struct gv_component_shuts *out, struct gv_repo *repo, struct gv_safe *safe);

/* Zeroed ok. */
void gv_component_shut_release(struct gv_component_shuts *list);

#endif
