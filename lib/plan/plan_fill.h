#ifndef GV_PLAN_FILL_H
#define GV_PLAN_FILL_H
/*
 * A plan from a template (share/git-vault/plan) and what is known of an
 * environment. A template is a plan with @NAME@ for values and with lines that
 * begin with "#!":
 *
 *	#! for state|component PREFIX	the lines up to `done`, for each
 *	#! done
 *	#! if NAME [!NAME]...		the lines up to `fi`, if one of these is
 *	#! fi				there, or with '!' is not
 *	#! use NAME			another template
 *	#! base ID			what steps without needs of their own
 *					need from here on
 *
 * Values are written so that YAML reads them as one text, whatever is in them.
 *
 *	r = gv_plan_fill(&text, template, &facts);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gv_buf;

/* A component of the environment, or a state. */
struct gv_plan_fact {
	const char *name; /* its directory, or its stack */
	const char *kind; /* "terraform", "chart" …; of a state its tool */
	const char *dir; /* "." for the top; of a state: of its code, or NULL */
	const char *values;  /* gv_depgraph_unit; or NULL */
	bool is_shared;      /* it has files that are not of the environment */
	const char *version; /* of a state; NULL: the newest */
	const uint32_t *needs; /* components before it, by number */
	size_t n_needs;
};

struct gv_plan_facts {
	const char *environment;
	const char *title;        /* for _recover */
	const char *snapshot;     /* NULL: good:ENV */
	int64_t rto, rpo;         /* seconds */
	const char *into;         /* NULL: in place */
	const char *as;           /* files become this environment's; or NULL */
	bool replaces, crosses;   /* as of gv_plan_step */
	const char *playbook;     /* of its inventories; NULL: none is found */
	const char *const *paths; /* NULL-terminated; NULL: all */
	const struct gv_plan_fact *components, *states;
	size_t n_components, n_states;
	/* another template by its name; NULL if it is missing */
	const char *(*find)(const char *name);
};

/* Append the plan. 0; GV_ENOTFOUND where the template is wrong;
 * GV_EREFUSED where the environment has no good name; GV_ENOMEM. */
int gv_plan_fill(struct gv_buf *out, const char *template_text,
    const struct gv_plan_facts *facts);

#endif
