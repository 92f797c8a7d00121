#ifndef COMPLETION_H
#define COMPLETION_H
/*
 * The completion scripts of shells, as share/completion has them and
 * `make install` installs them. They hold no table: each asks the program.
 *
 *	script = gv_completion_find("bash");
 */

struct gv_completion {
	const char *shell; /* NULL: the last */
	const char *text;
};

/* Made from share/completion. */
extern const struct gv_completion gv_completions[];

#endif
