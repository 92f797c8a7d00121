#ifndef GV_COMPONENT_RECIPE_H
#define GV_COMPONENT_RECIPE_H
/*
 * How a component is dumped, checked and restored: programs with their
 * arguments, made from the policy. No shell is between. A password is never
 * among the arguments: programs read it from a file or their environment.
 *
 *	r = gv_component_recipe(&recipe, component, &given);
 *	gv_component_recipe_release(&recipe);
 */

#include <stdbool.h>
#include <stddef.h>

#include "component/component_guard.h"
#include "component/component_proof.h"

struct gv_policy_component;

#define GV_COMPONENT_ARGS 64

/* A program with its arguments, NULL behind the last; all its own. */
struct gv_component_argv {
	char *items[GV_COMPONENT_ARGS + 1];
	size_t n;
};

/* What a run knows when the arguments are made; NULL: there is none. */
struct gv_component_given {
	const char *credentials; /* a file */
	const char *file;        /* that the dump is written to, or read from */
	const char *target;      /* what is restored into; NULL: the source */
	const char *mark;        /* around what psql may carry out */
};

/* What the credentials are to the programs. */
enum gv_component_secret_kind {
	GV_COMPONENT_NO_SECRET,
	GV_COMPONENT_ARGUMENT,  /* the file's name is among the arguments */
	GV_COMPONENT_FILE_NAME, /* a variable of this name has the file's */
	GV_COMPONENT_VALUE,     /* a variable of this name has the content */
	GV_COMPONENT_LINES      /* its lines are NAME=value */
};

struct gv_component_recipe {
	struct gv_component_argv before; /* must succeed, and print `says` */
	const char *says;
	struct gv_component_argv run;     /* an external backup */
	struct gv_component_argv dump;    /* writes the dump to its output */
	struct gv_component_argv restore; /* reads it from its input */
	const char *input;                /* what `dump` reads; NULL: nothing */
	bool is_file;                     /* both take the file instead */
	bool is_new_file; /* `restore` fills a file that takes a place */
	bool has_mark;    /* a mark of digits may be behind the dump */
	enum gv_component_guard_kind guards; /* of what `restore` reads */
	bool lets_change; /* status 1 of `dump` is a file that changed */
	enum gv_component_secret_kind secret;
	const char *variable; /* of the secret */
	enum gv_component_proof_kind proof;
	const char *expect;
};

/* Make it. 0; GV_EREFUSED where an argument would have a password, or there are
 * too many; GV_ENOMEM. To be released in any case. */
int gv_component_recipe(struct gv_component_recipe *out,
    const struct gv_policy_component *component,
    const struct gv_component_given *given);

/* What the program that dumps such a type reads; "" where it reads nothing. */
const char *gv_component_recipe_input(const char *engine);

/* What its own programs must not be given of such a dump. */
enum gv_component_guard_kind gv_component_recipe_guards(const char *engine);

/* Whether its options only say where the server is, so that they change nothing
 * of the dump. */
bool gv_component_recipe_is_plain(const struct gv_policy_component *component);

/* Append arguments. 0; GV_EREFUSED; GV_ENOMEM. */
int gv_component_argv_add(struct gv_component_argv *argv, const char *arg);

void gv_component_argv_release(struct gv_component_argv *argv);
void gv_component_recipe_release(struct gv_component_recipe *recipe);

#endif
