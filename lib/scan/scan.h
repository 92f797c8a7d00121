#ifndef GV_SCAN_H
#define GV_SCAN_H
/*
 * Finds secrets in the bytes of one file. Pure: no file, no clock; what it
 * finds are places in the bytes, never copies of them.
 *
 *	struct gv_scan scan = GV_SCAN_INIT;
 *	r = gv_scan_run(&scan, set, "prod/.env", data, len);
 *	for (i = 0; i < scan.n; i++) … scan.findings[i]
 *	gv_scan_release(&scan);
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "scan/score.h"

struct gv_rule;
struct gv_ruleset;
struct gv_scan_known;

enum gv_scan_grade {
	GV_SCAN_EXAMPLE,  /* shows what one may look like */
	GV_SCAN_POSSIBLE, /* a person has to look */
	GV_SCAN_LIKELY,
	GV_SCAN_VERIFIED, /* a checksum or its structure proves it */
};

extern const char *const gv_scan_grades[];

/* Why it has its grade; several. */
enum gv_scan_reason {
	GV_SCAN_ANCHORED = 1 << 0,    /* it has the form of its provider */
	GV_SCAN_NAMED = 1 << 1,       /* its name promises a secret */
	GV_SCAN_RANDOM = 1 << 2,      /* there is much chance in it */
	GV_SCAN_CHECKED = 1 << 3,     /* its checksum or structure is right */
	GV_SCAN_UNCHECKED = 1 << 4,   /* its checksum is wrong */
	GV_SCAN_NEAR = 1 << 5,        /* a word of the provider is near */
	GV_SCAN_IN_EXAMPLE = 1 << 6,  /* the file is an example or a test */
	GV_SCAN_PLACEHOLDER = 1 << 7, /* it reads like one */
	GV_SCAN_SIMPLE = 1 << 8,      /* a word, a number: little chance */
	GV_SCAN_PROSE = 1 << 9,       /* in a text, not in a setting */
	GV_SCAN_ECHO = 1 << 10,       /* it is found elsewhere in the file */
};

/* How the text is encoded that holds it. */
enum gv_scan_encoding {
	GV_SCAN_CLEAR,
	GV_SCAN_BASE64,
	GV_SCAN_HEX,
	GV_SCAN_ESCAPE, /* in a string, \n and \" for what they stand for */
	GV_SCAN_UTF16,
	GV_SCAN_PERCENT, /* %3D for =, as in a URL */
	GV_SCAN_JOINED,  /* of strings that the program puts together */
	GV_SCAN_ENCODINGS,
};

/* What a comment begins with that allows what stands on its line. */
#define GV_SCAN_ALLOW "gitvault:allow"

#define GV_SCAN_DEPTH 3 /* encodings in each other that are seen through */

extern const char *const gv_scan_encodings[]; /* words; NULL for CLEAR */

struct gv_scan_finding {
	const struct gv_rule *rule;
	size_t at, len;        /* of the secret, as it stands there */
	size_t name, name_len; /* of what it is assigned to; 0: nothing */
	unsigned line, column; /* from 1; columns in bytes */
	enum gv_scan_grade grade;
	unsigned reasons;      /* of enum gv_scan_reason */
	struct gv_score score; /* of what is found by its name */
	unsigned rank;         /* how much it says of what it is */
	const char *key; /* where in a structure: spec.env[2].value, or NULL */
	/* the outermost first, then CLEAR; a secret in base 64 stands where all
	 * of the encoded text does */
	enum gv_scan_encoding encodings[GV_SCAN_DEPTH];
};

struct gv_scan {
	/* of a file that is scanned in pieces, from its beginning on: told by
	 * gv_syntax_of(), + 1; 0: by what is scanned */
	unsigned syntax;
	/* asked now and then while it goes on; an error of it ends the scan.
	 * NULL: nobody is */
	int (*poll)(void);
	struct gv_scan_finding *findings; /* by place, none over another */
	size_t n, cap;
	size_t n_ordered; /* of these are in order, */
	size_t n_merged;  /* and of these none is over another, nor public */
	size_t comment; /* where the first GV_SCAN_ALLOW stands, or SIZE_MAX */
	/* set where a word was looked for in the path, and never taken back:
	 * by another path of the same kind something else may be found */
	bool has_asked;
	struct gv_scan_known *known; /* what is remembered of names, own */
	struct gv_arena keys;        /* of the findings */
	struct gv_scan *inner;       /* for what was decoded, own */
};

#define GV_SCAN_INIT                                                           \
	{                                                                      \
		.keys = GV_ARENA_INIT                                          \
	}

/* Scan; `path` (NULL: none) says what kind of file it is. Findings of an
 * earlier run are replaced; a `scan` that is used again is faster. 0;
 * GV_EREFUSED where a rule's pattern is invalid; what poll() said; GV_ENOMEM.
 */
int gv_scan_run(struct gv_scan *scan, struct gv_ruleset *set, const char *path,
    const void *data, size_t len);

/* Whether two paths say the same of a file, but for words that are looked for
 * in them. */
bool gv_scan_is_same_kind(
    const struct gv_ruleset *set, const char *path, const char *other);

void gv_scan_release(struct gv_scan *scan);

#endif
