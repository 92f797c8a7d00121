#ifndef GV_OPT_H
#define GV_OPT_H
/*
 * Command-line options as Git takes them: long and short, values attached or
 * separate, unique abbreviations, --no-NAME, before and after the arguments,
 * "--" ends them. A table says what there is and where in a struct each value
 * goes; usage, completion and the test of the man pages read the same table.
 *
 *	struct gv_opt_parse p = { .sets = { { opts, &values } }, .n_sets = 1 };
 *	r = gv_opt_parse(&p, argc, argv);
 *	... p.argc, p.argv are the arguments
 *	gv_opt_release(opts, &values);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gv_buf;

/* What the option stores at its place, and what --no-NAME makes of it. */
enum gv_opt_type {
	GV_OPT_END,    /* ends the table: GV_OPT_LAST */
	GV_OPT_GROUP,  /* only a heading in -h: `help` */
	GV_OPT_BOOL,   /* bool: true; --no-NAME false */
	GV_OPT_TRI,    /* int: 1; --no-NAME 0; give -1 as the default */
	GV_OPT_COUNT,  /* int: one more each time; --no-NAME 0 */
	GV_OPT_SET,    /* int: `value`; several options share one place and
			  the last one given wins; --no-NAME 0 */
	GV_OPT_STRING, /* const char *, borrowed from argv; --no-NAME NULL */
	GV_OPT_INT,    /* int64_t, not negative, with k, m, g; no --no-NAME */
	GV_OPT_LIST,   /* struct gv_opt_list: added; --no-NAME empties it */
	GV_OPT_CHOICE, /* int: the index in `choices`; --no-NAME is the first
			  of them, only where `implied` is set */
};

/* What a value or an argument is, for completion alone. Where an option does
 * not say it, its `arg` does: ENV, STACK, SNAP, FILE, … (complete.c). */
enum gv_opt_kind {
	GV_OPT_ANY,       /* nothing to offer */
	GV_OPT_SNAPSHOT,  /* a snapshot expression */
	GV_OPT_INSIDE,    /* a path in the snapshot that an argument before it
			     names, else in the latest */
	GV_OPT_PATH,      /* a file on disk */
	GV_OPT_DIR,       /* a directory */
	GV_OPT_COMMAND,   /* a command of git vault, or a guide */
	GV_OPT_SHELL,     /* a shell that completion knows */
	GV_OPT_REF,       /* a branch or tag */
	GV_OPT_REMOTE,    /* a remote */
	GV_OPT_DELETED,   /* a snapshot in the trash */
	GV_OPT_ENV,       /* an environment */
	GV_OPT_STACK,     /* a stack of an environment */
	GV_OPT_TAG,       /* a tag of a snapshot */
	GV_OPT_SCOPE,     /* a scope of secrets */
	GV_OPT_SECRET,    /* the id of a secret */
	GV_OPT_RECIPIENT, /* somebody in the keyring */
	GV_OPT_VERB,      /* what the command is to do: of its usage */
};

struct gv_opt {
	enum gv_opt_type type;
	char letter;      /* -x, or 0 */
	const char *name; /* --NAME, or NULL; "no-x" is switched off by --x */
	const char *arg;  /* the value's name in capitals, for those with one */
	const char *help; /* lower case, no full stop */
	size_t at;        /* offsetof() its place in the struct */
	int value;        /* of GV_OPT_SET */
	const char *const *choices; /* of GV_OPT_CHOICE, NULL behind the last */
	const char *implied; /* the value may only be attached (--NAME=VALUE)
				and is this one where it is missing */
	enum gv_opt_kind kind;
	bool is_kept; /* of strings and lists: it goes into a record as it
			 stands, for all who read it: kept_opt.h */
};

#define GV_OPT_LAST                                                            \
	{                                                                      \
		.type = GV_OPT_END                                             \
	}

struct gv_opt_list {
	const char **items; /* borrowed from argv, in the order given */
	size_t n, cap;
};

struct gv_opt_set {
	const struct gv_opt *opts;
	void *values;
};

/* What a parse asks for besides filling in values. */
enum gv_opt_wish {
	GV_OPT_GO,
	GV_OPT_USAGE,  /* -h was given */
	GV_OPT_MANUAL, /* --help was given */
};

struct gv_opt_parse {
	struct gv_opt_set sets[2]; /* an earlier set hides a later one */
	int n_sets;
	bool stop; /* end at the first argument: what follows is p.argv */
	/* filled in */
	enum gv_opt_wish wish;
	int argc;
	char **argv; /* the arguments: the front of argv, rearranged, NULL
			behind them */
	int dashes;  /* how many of them stood before "--", -1 without one */
};

/* Parse argv[0 … argc-1] (argv[argc] is NULL; no program name) into the sets.
 * 0; or GV_EUSAGE with a sentence that names the nearest option; GV_ENOMEM.
 * The lists filled so far are to be released either way. */
int gv_opt_parse(struct gv_opt_parse *p, int argc, char **argv);

/* Free the lists of a filled struct; NULL-safe. */
void gv_opt_release(const struct gv_opt *opts, void *values);

/* Whether an option of this type takes a value. */
bool gv_opt_has_value(const struct gv_opt *opt);

/* Append the table as -h prints it: one line an option, its help in a column.
 */
void gv_opt_usage(struct gv_buf *out, const struct gv_opt *opts);

#endif
