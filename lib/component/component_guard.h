#ifndef GV_COMPONENT_GUARD_H
#define GV_COMPONENT_GUARD_H
/*
 * What of a dump its program must not be given. sqlite3 and psql carry out
 * whatever they read, and a dump has names and texts of whoever writes into the
 * database. So statements of SQLite are held against what `.dump` writes, and
 * for psql the dump has to be restricted, by a word that nobody could know, to
 * its very end. Pure.
 *
 *	gv_component_guard_init(&guard, GV_COMPONENT_GUARD_SQLITE);
 *	why = gv_component_guard_take(&guard, data, len);
 *
 * It refuses before the statement in question is complete; nothing of it has
 * run then.
 */

#include <stdbool.h>
#include <stddef.h>

enum gv_component_guard_kind {
	GV_COMPONENT_GUARD_NONE,
	GV_COMPONENT_GUARD_SQLITE,
	GV_COMPONENT_GUARD_PG,
};

#define GV_COMPONENT_GUARD_WORD 64 /* bytes of a word that matter, and NUL */

struct gv_component_guard {
	enum gv_component_guard_kind kind;
	/* of SQLite: where in a text, and in a statement */
	char quote;    /* that ends it: ' " ` ], '*' of a comment, '\n'; 0 */
	char last;     /* the byte before, of what is in no quotes; of
			  PostgreSQL: before the backslashes */
	unsigned form; /* which it is */
	unsigned line; /* what its line has: nothing, '/' or go, more */
	bool is_new;   /* at the beginning of a line */
	bool is_end;   /* of the words of a trigger: behind a ';' */
	char word[GV_COMPONENT_GUARD_WORD];
	size_t len; /* of it, also of what does not fit */
	/* of PostgreSQL: the word, and how much of what is sought was seen */
	char key[GV_COMPONENT_GUARD_WORD];
	size_t seen;
	unsigned step; /* before, within and behind what is restricted */
};

void gv_component_guard_init(
    struct gv_component_guard *guard, enum gv_component_guard_kind kind);

/* Take the next bytes: NULL, or why they must not be given: what the dump has,
 * as the rest of a sentence. */
const char *gv_component_guard_take(
    struct gv_component_guard *guard, const char *data, size_t len);

/* The same for the first bytes of a dump. One of PostgreSQL that nothing
 * restricts, as those of older versions, is restricted by whoever gives it, by
 * a line "\restrict WORD" before it: then *is_open. It may not have a line that
 * ends this, since psql would run a command in backquotes there. */
const char *gv_component_guard_first(struct gv_component_guard *guard,
    bool *is_open, const char *word, const char *data, size_t len);

#endif
