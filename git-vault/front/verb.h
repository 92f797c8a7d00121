#ifndef VERB_H
#define VERB_H
/*
 * The verbs of a command that has some, such as `git vault key add`: which
 * there are, how many arguments each takes, and which of the command's options.
 *
 *	static const struct gv_verb verbs[] = {
 *		{ "list", 0, 0, SCOPE, list },
 *		{ "show", 1, 1, SCOPE | REASON, show },
 *		{ NULL },
 *	};
 *	const struct gv_verb_option given[] = {
 *		{ o->scope != NULL, SCOPE, "scope" },
 *		{ o->reason != NULL, REASON, "reason" },
 *		{ .name = NULL },
 *	};
 *
 *	return gv_verb_run(ctx, verbs, given, argc, argv);
 */

#include <stdbool.h>

struct gv_ctx;

struct gv_verb {
	const char *name; /* NULL: the last */
	int min, max;     /* arguments; max -1: any number */
	unsigned takes;   /* bits of the options that it takes */
	/* as run() of a command, without its own name */
	int (*run)(struct gv_ctx *ctx, int argc, char **argv);
};

/* An option of the command. */
struct gv_verb_option {
	bool given;
	unsigned bit;
	const char *name; /* without dashes; NULL: the last */
};

/* Run the verb that argv[0] names, or without arguments the command's default
 * verb (`verb` of struct gv_cmd). GV_EUSAGE if there is no such verb, or if it
 * does not take these arguments. */
int gv_verb_run(struct gv_ctx *ctx, const struct gv_verb *verbs,
    const struct gv_verb_option *given, int argc, char **argv);

#endif
