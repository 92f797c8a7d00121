#ifndef GV_SOUGHT_H
#define GV_SOUGHT_H
/*
 * What is searched for, and in which lines of a text it is: a string, or a
 * regular expression of RE2, which never backtracks. Pure; no byte of the text
 * is copied.
 *
 *	r = gv_sought_init(&sought, "open_db", GV_SOUGHT_WORD);
 *	while (gv_sought_next(&hit, &sought, text, len))
 *		… hit.line, hit.number …
 *	gv_sought_release(&sought);
 */

#include <stdbool.h>
#include <stddef.h>

/* The longest pattern, in bytes. */
#define GV_SOUGHT_MAX ((size_t)64 * 1024)

/* A longer text is not searched. */
#define GV_SOUGHT_TEXT ((size_t)256 * 1024 * 1024)

enum gv_sought_flags {
	GV_SOUGHT_REGEX = 1 << 0,
	GV_SOUGHT_WORD = 1 << 1, /* no letter, digit or '_' next to it */
};

struct gv_sought {
	const char *string; /* borrowed */
	size_t len;
	unsigned flags;
	void *regex; /* private: compiled */
};

/* A line that has it, at most one hit a line. Zeroed at first. */
struct gv_sought_hit {
	size_t line, line_len; /* where the line is, without its end */
	size_t number;         /* of the line, from 1 */
	size_t at, match;      /* the first match in it, and its length */
	bool is_word;          /* which is a whole word */
	/* private */
	size_t next, counted;
};

/* 0; GV_EUSAGE for an empty, too long or invalid pattern, and for a string with
 * a line's end in it; GV_ENOMEM. */
int gv_sought_init(struct gv_sought *n, const char *pattern, unsigned flags);

/* Whether bytes are a text: no NUL in the first 8000 of them, as for git, and
 * not longer than GV_SOUGHT_TEXT. */
bool gv_sought_is_text(const void *data, size_t len);

/* The next line that has it. From any thread. */
bool gv_sought_next(struct gv_sought_hit *hit, const struct gv_sought *n,
    const char *text, size_t len);

/* The next match at `from` or behind, in the text as a whole. */
bool gv_sought_find(size_t *at, size_t *match, const struct gv_sought *n,
    const char *text, size_t len, size_t from);

/* Free; zeroed ok. */
void gv_sought_release(struct gv_sought *n);

#endif
