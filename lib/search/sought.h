#ifndef GV_SOUGHT_H
#define GV_SOUGHT_H
/*
 * What is searched for, and in which lines of a text it is: a string, or a
 * regular expression of RE2, which never backtracks. In a text in UTF-8 its
 * dots and classes are of characters, in any other of bytes. Pure.
 *
 *	r = gv_sought_init(&sought, "open_db", GV_SOUGHT_WORD);
 *	r = gv_sought_open(&text, &sought, bytes, n);
 *	while (gv_sought_next(&hit, &sought, text.p, text.len))
 *		… hit.line, hit.number …
 *	gv_sought_close(&text);
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
	bool keeps_cr; /* it is about ends of lines itself */
	/* private: compiled; for texts in UTF-8, and for others by bytes */
	void *regex, *by_bytes;
	int group; /* of a regex, that which is the match */
};

/* A text as it is searched: UTF-16 with its mark became UTF-8, a mark of UTF-8
 * is left out, and so is the CR before each LF. */
struct gv_sought_text {
	const char *p;
	size_t len;
	char *own; /* private */
};

/* A line that has it, at most one hit a line. Zeroed at first. */
struct gv_sought_hit {
	size_t line, line_len; /* where the line is, without its end */
	size_t number;         /* of the line, from 1 */
	size_t at, match;      /* the first match in it, and its length */
	bool is_word;          /* which is a whole word */
	/* private */
	size_t next, counted;
	bool is_bytes;
};

/* 0; GV_EUSAGE for an empty, too long or invalid pattern, and for a string with
 * a line's end in it; GV_ENOMEM. */
int gv_sought_init(struct gv_sought *n, const char *pattern, unsigned flags);

/* Whether bytes are a text: no NUL in the first 8000 of them, as for git, and
 * not longer than GV_SOUGHT_TEXT. */
bool gv_sought_is_text(const void *data, size_t len);

/* Whether bytes are searched: a text, or one in UTF-16 with its mark. */
bool gv_sought_is_searched(const void *data, size_t len);

/* Prepare bytes that are searched, which stay with the caller. Without `n`,
 * only UTF-16 becomes UTF-8, for an index of any search. 1; 0 where they are
 * not searched; GV_ENOMEM. To be closed in any case. */
int gv_sought_open(struct gv_sought_text *out, const struct gv_sought *n,
    const void *data, size_t len);
void gv_sought_close(struct gv_sought_text *text);

/* The next line that has it. From any thread. */
bool gv_sought_next(struct gv_sought_hit *hit, const struct gv_sought *n,
    const char *text, size_t len);

/* The next match at `from` or behind, in the text as a whole. */
bool gv_sought_find(size_t *at, size_t *match, const struct gv_sought *n,
    const char *text, size_t len, size_t from);

/* Free; zeroed ok. */
void gv_sought_release(struct gv_sought *n);

#endif
