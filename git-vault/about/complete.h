#ifndef COMPLETE_H
#define COMPLETE_H
/*
 * Reads a command line up to the cursor and says what its last word may be:
 * a command, an option, an option's value, or an argument, and of which kind.
 * It goes by the tables of the commands, so that an option cannot be missing.
 * A pure function of words and tables; candidates.h says what there is.
 *
 *	r = gv_complete_read(&c, all, argc, argv, false);
 *	if (r == 0 && c.what == GV_COMPLETE_VALUE) … c.kind, c.typed …
 *	gv_complete_release(&c);
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "git-vault/front/opt.h"

struct gv_cmd;

enum gv_complete_what {
	GV_COMPLETE_COMMAND, /* a command */
	GV_COMPLETE_OPTION,  /* an option of `cmd` (NULL: of the program) */
	GV_COMPLETE_VERB,    /* a verb of `cmd` */
	GV_COMPLETE_VALUE,   /* of `kind`, or one of `choices` */
};

struct gv_complete {
	enum gv_complete_what what;
	const struct gv_cmd *cmd; /* NULL: none was named yet */
	enum gv_opt_kind kind;
	const char *const *choices; /* NULL, or all that it can be */
	struct gv_buf lead; /* the part of the last word before `typed`, such
			       as "--tag=" */
	const char *typed;  /* the part to complete; points into argv */
	struct gv_opt_list dirs; /* of -C */
	const char *env;         /* the value of --env, or NULL */
	/* the argument before this one that is a snapshot, as it was typed; in
	 * SNAP:PATH `from_top`, and `lead` ends with it. NULL: none */
	const char *snap;
	bool from_top;
	char **words; /* private: copies of argv, without quoting */
	size_t n_words;
};

/* Read the words behind the program's name; the last one is the one to
 * complete and may be "". They are as the line has them, quoted for sh, or for
 * fish. What cannot be told is a value of the kind GV_OPT_ANY. 0 or GV_ENOMEM.
 * The caller releases *out in any case. */
int gv_complete_read(struct gv_complete *out, const struct gv_cmd *const *all,
    int argc, char *const *argv, bool is_fish);

/* Free; NULL-safe. */
void gv_complete_release(struct gv_complete *c);

/* Take the quoting of a shell out of a word, in place; a quote that is still
 * open counts as closed at the end. */
void gv_complete_unquote(char *word, bool is_fish);

#endif
