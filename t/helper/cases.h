#ifndef CASES_H
#define CASES_H
/*
 * Cases of the scanner's corpus: texts with marks around what is a secret and
 * what only looks like one, and with templates in place of values, out of which
 * any number of texts can be made. t/conformance/secrets/README says how they
 * are written.
 *
 *	r = cases_read(&cases, "yaml.txt");
 *	r = cases_each(&cases, 1, &seed, on_text, ctx);
 *	cases_release(&cases);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct cases_mark {
	size_t at, len;
	bool is_decoy;
};

/* A text that was made. */
struct cases_text {
	const char *kind;        /* "format", "carrier" */
	const char *group;       /* its name */
	const char *named;       /* of whose kind `name` is, or NULL */
	const char *name, *path; /* name: the token that is carried, or NULL */
	const char *p;
	size_t len;
	const struct cases_mark *marks;
	size_t n;
};

typedef int (*cases_fn)(void *ctx, const struct cases_text *text);

/* What carriers are made to carry. */
struct cases_token {
	const char *label;    /* that it is counted as */
	const char *name;     /* that it is assigned to: '-' becomes '_' */
	const char *kind;     /* anchored, context … */
	const char *template; /* see helper/example.h */
	const char *validator;
	bool is_text; /* of lines, for wrappings and not for carriers */
};

struct cases {
	struct cases_case *cases;
	size_t n;
	struct cases_token *tokens;
	size_t n_tokens;
	struct cases_list *lists;
	size_t n_lists;
	char **files; /* that all of them point into */
	size_t n_files;
};

#define CASES_INIT                                                             \
	{                                                                      \
		NULL, 0, NULL, 0, NULL, 0, NULL, 0                             \
	}

/* Add the cases of a file. 0; GV_EREFUSED with the line that is wrong, or what
 * reading it returned. */
int cases_read(struct cases *cases, const char *path);

/* Make of each case as many texts as it asks for, `times` over, and have every
 * carrier carry every token of the files; no decoy where all is a secret. 0, or
 * what `fn` returned. */
int cases_each(const struct cases *cases, unsigned times, uint64_t *seed,
    cases_fn fn, void *ctx);

/* Have every carrier carry one token, or every wrapping a text. */
int cases_carry(const struct cases *cases, const struct cases_token *token,
    uint64_t *seed, cases_fn fn, void *ctx);

void cases_release(struct cases *cases);

#endif
