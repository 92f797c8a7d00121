#ifndef GV_JSONTEXT_H
#define GV_JSONTEXT_H
/*
 * JSON (RFC 8259) as it stands in a text, strictly and without a copy: what is
 * told are slices of the bytes, so that who keeps them can give them back as
 * they were. Nothing is allocated and nothing decoded, and of keys that stand
 * twice each is given. For a small document as a tree there is unjson.h, for
 * one that is larger than memory should be, jsonstream.h. What the commands
 * write with is another gv_json, in git-vault/jsontext.h: no file includes
 * both.
 *
 *	gv_jsontext_init(&j, text, len);
 *	while ((r = gv_jsontext_next(&j, &t)) > 0) …
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GV_JSONTEXT_MAX_DEPTH 1024

enum gv_jsontext_kind {
	GV_JSONTEXT_NULL,
	GV_JSONTEXT_FALSE,
	GV_JSONTEXT_TRUE,
	GV_JSONTEXT_NUMBER,
	GV_JSONTEXT_TEXT,
	GV_JSONTEXT_LIST, /* its '[' */
	GV_JSONTEXT_LIST_END,
	GV_JSONTEXT_MAP,
	GV_JSONTEXT_MAP_END,
};

struct gv_jsontext_token {
	enum gv_jsontext_kind kind;
	bool has_key, key_escaped, escaped; /* a backslash is in it */
	const char *key;                    /* of a value in a map, without
					       quotes */
	size_t key_len;
	const char *p; /* as it stands; of a text without its quotes */
	size_t len;
};

/* A cursor; only `at` and `depth`, how many lists and maps it is in, are for
 * the caller to read, and `wrong`. */
struct gv_jsontext {
	const char *begin, *end, *at;
	unsigned depth;
	unsigned state;
	uint64_t maps[GV_JSONTEXT_MAX_DEPTH / 64]; /* which levels are maps */
	const char *wrong;   /* what is wrong at `at`, once a call has failed */
	size_t line, column; /* of `begin` */
	bool in_map;         /* the innermost level is one */
	bool more;           /* bytes may come behind `end` */
};

/* Begin at a document, which stays the caller's. */
void gv_jsontext_init(struct gv_jsontext *j, const char *text, size_t len);

/* The next token: 1; 0 at the end of a whole document; GV_EREFUSED without a
 * message for a wrong text, with `wrong` and `at` set: not JSON, not UTF-8, a
 * byte behind it, deeper than GV_JSONTEXT_MAX_DEPTH. Every call after that
 * gives the same. Half of a character by \u, which the grammar lets stand, is
 * no fault. */
int gv_jsontext_next(struct gv_jsontext *j, struct gv_jsontext_token *t);

/* The same, and where it begins a list or a map, all of that: `p` and `len` are
 * the whole value, checked. For who wants no more than where it is. */
int gv_jsontext_value(struct gv_jsontext *j, struct gv_jsontext_token *t);

/* Line and column, from 1, of where a cursor stands; columns are characters. */
void
gv_jsontext_where(const struct gv_jsontext *j, size_t *line, size_t *column);

/* Whether a slice of a text, as a token has it, is these characters once its
 * escapes are read. */
bool gv_jsontext_is(const char *p, size_t len, bool escaped, const char *text);

/* Decode a text as a token has it: at most `len` bytes to `out`, which may be
 * `p` itself; half of a character becomes U+FFFD. How many they are. */
size_t gv_jsontext_decode(char *out, const char *p, size_t len);

#endif
