#ifndef GV_LEX_H
#define GV_LEX_H
/*
 * Reads, around one word of a text, the assignment that it is the name of: at
 * `pass` in `"db_password": "x"` the name db_password and the value x. Local:
 * nothing before the line is read, and at most GV_LEX_VALUE_MAX bytes behind
 * it, so that a scan stays linear and costs nothing where no word stands.
 *
 *	lex = (struct gv_lex){ .text = data, .len = len, .syntax = syntax };
 *	if (gv_lex_name(&lex, &name, at, n))
 *		r = gv_lex_values(&lex, &name, on_pair, ctx);
 *
 * Known are name = value, name: value, name := value, name => value,
 * <name>value</name>, --name value, name("value"), define('name', 'value'),
 * lists of values, and pairs whose name is a value itself: name: X followed by
 * value: Y, <add key="X" value="Y"/>, variable "X" { default = "Y" }.
 */

#include <stdbool.h>
#include <stddef.h>

#include "lex/syntax.h"

#define GV_LEX_VALUE_MAX 4096

/* Bytes that were looked through for an end that was not there: no other look
 * for the same goes through them again, or texts that are full of beginnings
 * would cost the square of their length. */
struct gv_lex_barren {
	size_t from, to;
};

/* The name that was judged last, and what was said of it. */
struct gv_lex_judged {
	size_t at, len; /* 0: none */
	bool is;
};

struct gv_lex {
	const char *text;
	size_t len;
	enum gv_syntax syntax;
	size_t done; /* names that begin in front of this have been read */

	/* what is known already; 0 at first */
	struct gv_lex_barren plain[6], strings[3], triple[2], words;
	size_t flow_at; /* up to where the brackets were counted */
	unsigned flow_depth;
	size_t list_end;  /* behind the last list that was read */
	unsigned columns; /* of a table that were read */
	size_t table;     /* where the first row of that one begins, */
	size_t table_end; /* and what is behind its last one */
	size_t wasted;    /* looking for what ends a heredoc */
	size_t line_seen; /* up to where the beginning of the line, */
	size_t line_from; /* which is this, was looked for */
	/* of maps, whether it is of several secrets; of what is in them,
	 * whether it is about one */
	struct gv_lex_judged plural, about;
};

/* How a value is set off from what is around it. */
enum gv_lex_mark {
	GV_LEX_PLAIN,   /* by the end of the line, a blank, a comment … */
	GV_LEX_QUOTED,  /* "…", '…', `…`; not part of it */
	GV_LEX_BLOCK,   /* several lines: | or > of YAML, <<EOF, """ */
	GV_LEX_ELEMENT, /* <name>…</name> */
};

struct gv_lex_pair {
	size_t name, name_len;
	size_t value, value_len;
	enum gv_lex_mark mark;
	char quote;         /* of GV_LEX_QUOTED */
	bool is_flag;       /* --name */
	bool is_compared;   /* name == "value" */
	bool is_listed;     /* one of [a, b] */
	bool is_member;     /* one of { x = a, y = b } */
	bool is_cell;       /* in a column of a table of Markdown */
	bool is_expression; /* no quotes, where only they make a text */
};

typedef int (*gv_lex_fn)(void *ctx, const struct gv_lex_pair *pair);

/* The name that the `n` bytes at `at` are part of; false where there is none,
 * or where it has been read already: calls come in the order of the text. Its
 * values are not looked at. */
bool
gv_lex_name(struct gv_lex *lex, struct gv_lex_pair *name, size_t at, size_t n);

/* Read what is assigned to that name; `fn` is called for each of its values,
 * which are put into *name. 0, or what `fn` returned. */
int gv_lex_values(
    struct gv_lex *lex, struct gv_lex_pair *name, gv_lex_fn fn, void *ctx);

#endif
