#ifndef GV_FINDING_H
#define GV_FINDING_H
/*
 * A secret that was found: where, by which rule, how sure, and what names it.
 * It holds nothing of the value but what everybody may see of it: the public
 * beginning that its provider gives all of them, and its length.
 *
 *	printf("%s:%u: %s", f->path, f->line, f->rule->id);
 *	gv_finding_mask(&text, f);	"ghp_… (40 bytes)"
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "key/idkey.h"
#include "repo/oid.h"
#include "scan/score.h"

struct gv_buf;
struct gv_rule;
struct gv_scan_finding;

enum gv_finding_grade {
	GV_FINDING_EXAMPLE,
	GV_FINDING_POSSIBLE,
	GV_FINDING_LIKELY,
	GV_FINDING_VERIFIED,
	GV_FINDING_GRADES
};

/* Words as reports have them, by the enum; NULL behind the last. */
extern const char *const gv_finding_grades[];

/* Why a finding has its grade. */
struct gv_finding_reason {
	unsigned bit; /* of `reasons` */
	const char *word, *sentence;
	bool is_scored; /* the parts of the score say the same */
};

/* NULL words end it. */
extern const struct gv_finding_reason gv_finding_reasons[];

/* A rule as reports show it; texts are borrowed from the rule. */
struct gv_finding_rule {
	const char *id, *description, *provider, *remediation;
	const char *kind, *severity;
};

/* Who says that a finding may be. */
enum gv_finding_allowed {
	GV_FINDING_OPEN, /* nobody */
	GV_FINDING_BY_POLICY,
	GV_FINDING_BY_COMMENT, /* on its line */
	GV_FINDING_BY_BASELINE,
};

/* Words as reports have them, by the enum. */
extern const char *const gv_finding_allowers[];

/* What a comment on its line says. */
enum gv_finding_comment {
	GV_FINDING_NO_COMMENT,
	GV_FINDING_COMMENT,
	GV_FINDING_NO_REASON, /* one without a reason, which does not count */
};

/* Where a version of a file stands in history. */
struct gv_finding_place {
	struct gv_oid blob;
	const char *path;
	struct gv_oid introduced; /* the first commit that has it there */
	struct gv_oid removed;    /* the last that took it away; zero: none, or
				     a later one brought it back */
	struct gv_finding_place *next;
	/* the place that its version was found at first, which may be itself */
	const struct gv_finding_place *first;
};

#define GV_FINDING_PREFIX 16 /* bytes of a public beginning */

struct gv_finding {
	const char *path;  /* borrowed from who scanned; NUL behind it */
	const char *inner; /* of `path`, what is behind an archive's own:
			      "!dir/file"; or NULL */
	uint64_t at;       /* offset of the value in the file */
	unsigned line, column, end_line;    /* from 1; columns in bytes */
	const struct gv_finding_rule *rule; /* of who scanned */
	enum gv_finding_grade grade;
	unsigned reasons;
	struct gv_score score; /* where its name is what makes it a finding */
	char *name;            /* of the setting, or NULL */
	/* where it stands in the structure of the file: spec.env[2].value;
	 * printable UTF-8 without anything that was found, borrowed from who
	 * scanned, or NULL */
	const char *key;
	unsigned encodings; /* that hold it: gv_finding_encoding() */
	char prefix[GV_FINDING_PREFIX + 1]; /* "" for most */
	uint64_t len;                       /* of the value, in bytes */
	/* where there is a key: what names it, and its value alone */
	struct gv_idkey_digest fingerprint, digest;
	const struct gv_finding_place *places; /* in history, or NULL */
	enum gv_finding_comment comment;
	int64_t comment_ends; /* from here on it does not count */
	enum gv_finding_allowed allowed;
	bool is_lasting;    /* somebody allows it, and for good */
	bool is_named;      /* … by its fingerprint */
	const char *reason; /* of the policy, borrowed; else NULL */
	char *value;        /* only where it was asked for */
};

/* Take over what the scanner says of bytes `text` (but neither place nor
 * `rule`). 0 or GV_ENOMEM. */
int gv_finding_init(
    struct gv_finding *f, const struct gv_scan_finding *from, const char *text);

/* Keep the value itself, NUL behind it. 0 or GV_ENOMEM. */
int gv_finding_keep_value(struct gv_finding *f, const char *value);

/* Free, a kept value wiped; NULL-safe. */
void gv_finding_release(struct gv_finding *f);

/* Whether it is to be told: of that grade, and nobody allows it. */
bool gv_finding_counts(const struct gv_finding *f, enum gv_finding_grade least);

/* A rule as reports show it. */
void
gv_finding_set_rule(struct gv_finding_rule *out, const struct gv_rule *rule);

/* What encodings hold the value, as words: number 0 is the outermost; NULL
 * behind the last. */
const char *gv_finding_encoding(const struct gv_finding *f, size_t i);

/* The same in words for people: "strings or lines that are joined". */
const char *gv_finding_tell_encoding(const struct gv_finding *f, size_t i);

/* Append a key as the scanner tells it, in a form that may be printed. */
void gv_finding_add_key(struct gv_buf *out, const char *key);

/* Append what the value is assigned to: its key, and its name where that says
 * something else. False where there is neither. */
bool gv_finding_add_label(struct gv_buf *out, const struct gv_finding *f);

/* Append what may be shown of the value: its public beginning and length. */
void gv_finding_mask(struct gv_buf *out, const struct gv_finding *f);

/* For qsort(3): by path, place and rule, and then by the version of the file.
 */
int gv_finding_compare(const void *a, const void *b);

#endif
