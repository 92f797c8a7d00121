#ifndef GV_DRIFT_INTERNAL_H
#define GV_DRIFT_INTERNAL_H
/*
 * What the parts of the comparison share. drift_flat.c makes keys of a file,
 * drift_list.c says what makes an element of a list the same, drift_pair.c
 * which files belong together, drift_join.c joins their keys, drift_judge.c
 * judges two values, drift_move.c finds what was renamed or moved,
 * drift_cross.c looks at values of one side, drift_say.c makes findings.
 */

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/map.h"
#include "doc/doc.h"
#include "drift/drift.h"
#include "scan/scan.h"

enum gv_drift_kind {
	GV_DRIFT_SCALAR,
	GV_DRIFT_EMPTY,    /* a list or map without anything in it */
	GV_DRIFT_SET,      /* scalars, whose order means nothing */
	GV_DRIFT_SEQUENCE, /* scalars, whose order means everything */
	GV_DRIFT_LIST,     /* scalars, whose order is worth a note */
	GV_DRIFT_ELEMENTS, /* the order of elements that have names */
	GV_DRIFT_CODE,     /* has to be computed */
	GV_DRIFT_BROKEN,   /* could not be read */
};

/* What a value is for. */
enum gv_drift_guise {
	GV_DRIFT_CLEAR,
	GV_DRIFT_CREDENTIAL, /* in clear */
	GV_DRIFT_PUBLIC,     /* a certificate, a public key, an id */
	GV_DRIFT_SEALED,     /* ciphertext */
	GV_DRIFT_POINTER,    /* names where a secret is */
};

struct gv_drift_text {
	const char *p;
	size_t len;
};

struct gv_drift_document {
	struct gv_drift_file file;
	struct gv_doc doc;
	struct gv_scan scan;
	bool is_read;
	bool is_sealed; /* all of it is encrypted: one key without a name */
	struct gv_drift_role *role; /* NULL: shared */
};

struct gv_drift_key {
	const char *name; /* by which it is matched: folded */
	size_t name_len;
	const char *show; /* as it is written */
	const struct gv_drift_document *of;
	uint32_t node;
	struct gv_drift_text text; /* p NULL: hidden; `digest` has it */
	struct gv_drift_text *items;
	size_t n_items;
	struct gv_digest digest; /* under the key of this run */
	uint8_t kind, guise, type, style;
	bool is_hidden, in_list, in_object;
	bool is_number;  /* it is declared as one */
	bool is_met;     /* it has its pair, or was reported */
	bool is_crossed; /* reported by drift_cross.c */
};

struct gv_drift_keys {
	struct gv_drift_key **items; /* in the order of the files */
	size_t n, cap;
	struct gv_map by_name;
};

/* One file of each environment, or for HCL one folder; `name` is the path with
 * marks for the environment. */
struct gv_drift_role {
	const char *name; /* folded */
	size_t len;
	const char *show; /* with '*' */
	bool is_folder;
	struct gv_drift_side {
		struct gv_drift_document **files;
		size_t n, cap;
		struct gv_drift_keys keys;
		bool is_flat;
		bool is_moved; /* its files are those of another role */
	} * sides;             /* of each environment */
	struct gv_drift_keys base;
	struct gv_map numbers; /* variables that are declared as such */
	bool has_base;
};

struct gv_drift {
	const struct gv_drift_opts *opts;
	struct gv_drift_document **files;
	size_t n, cap;
	struct gv_drift_role **roles; /* in the order of names */
	size_t n_roles, cap_roles;
	struct gv_map by_role, shared; /* folded path, path */
	unsigned char secret[GV_DIGEST_KEY];
	char key_name[GV_DRIFT_KEY_NAME + 1]; /* "": `secret` is of this run */
	struct gv_arena arena;
};

/* ---- drift_flat.c -------------------------------------------------------- */

/* Add the keys of a file. What `keys` has already is replaced. 0, GV_ENOMEM. */
int gv_drift_flatten(struct gv_drift *d, struct gv_drift_keys *keys,
    struct gv_drift_document *of);

/* The same of the defaults of the variables that a file of HCL declares; the
 * names of those that are numbers are put into `numbers`. */
int gv_drift_flatten_defaults(struct gv_drift *d, struct gv_drift_keys *keys,
    struct gv_map *numbers, struct gv_drift_document *of);

struct gv_drift_key *gv_drift_find(
    const struct gv_drift_keys *keys, const struct gv_drift_key *like);

void gv_drift_keys_release(struct gv_drift_keys *keys);

/* ---- drift_secret.c ------------------------------------------------------ */

/* Say what the value of a key is for, by its bytes, its name, and what the
 * scanner found in it; sets guise and is_hidden. */
void gv_drift_disguise(struct gv_drift_key *key, const char *p, size_t len);

/* Replace a name, of these bytes of the file, by one that says nothing of it if
 * the scanner found something there. The same name is replaced by the same. */
void gv_drift_mask(struct gv_buf *name, const struct gv_drift *d,
    const struct gv_drift_document *of, size_t at, size_t len);

/* The digest of a value under the key of this run. */
void gv_drift_digest(
    struct gv_digest *out, const struct gv_drift *d, const char *p, size_t len);

/* What names one side of a finding for longer than this run, where it is never
 * shown: out->digest. */
void gv_drift_name_place(struct gv_drift_place *out, const struct gv_drift *d,
    const struct gv_drift_finding *finding, const struct gv_drift_key *key);

/* Whether both have the same value, whatever it is. */
bool gv_drift_is_equal(const struct gv_drift *d, const struct gv_drift_key *a,
    const struct gv_drift_key *b);

/* ---- drift_list.c -------------------------------------------------------- */

/* How the elements of a list are known again. */
enum gv_drift_kind
gv_drift_list_kind(const struct gv_buf *path, enum gv_doc_format format);

/* The key of each element that is its identity; NULL: its position is. 0 or
 * GV_ENOMEM. */
int gv_drift_list_identity(
    const char **out, const struct gv_doc *doc, uint32_t list);

/* ---- drift_comment.c ----------------------------------------------------- */

/* Whether two keys have other comments, the names of their environments left
 * out. */
bool gv_drift_comments_differ(const struct gv_drift *d,
    const struct gv_drift_key *low, const struct gv_drift_key *high);

/* ---- drift_pair.c -------------------------------------------------------- */

/* The path of a file with marks for its environment. 0 or GV_ENOMEM. */
int gv_drift_role_name(struct gv_buf *out, const struct gv_drift_opts *opts,
    const struct gv_drift_file *file);

/* Visit the paths below which a file of this role is layered, the nearest
 * first: 0, or the first other value of fn. */
int gv_drift_each_base(const char *role, size_t len,
    int (*fn)(void *ctx, const char *path, size_t len), void *ctx);

/* ---- drift_judge.c ------------------------------------------------------- */

struct gv_drift_judged {
	enum gv_drift_verdict verdict;
	enum gv_drift_class class;
	enum gv_drift_severity severity;
	char says[160];
};

/* Two sides of which `high` is promoted last. */
struct gv_drift_pair {
	struct gv_drift *d;
	unsigned low, high;
	bool is_swapped; /* the left one is `high` */
	struct gv_drift_report *report;
	/* the region and the account that low and high name most often */
	struct gv_drift_text places[2][2];
};

void
gv_drift_judge(struct gv_drift_judged *out, const struct gv_drift_pair *pair,
    const struct gv_drift_key *low, const struct gv_drift_key *high);

/* Judge two texts that are shown, as if they were values of this key.
 * (drift_text.c) */
void gv_drift_judge_texts(struct gv_drift_judged *out,
    const struct gv_drift_pair *pair, const struct gv_drift_key *key,
    struct gv_drift_text low, struct gv_drift_text high);

/* Judge two secrets, or a secret and something else. (drift_secret.c) */
void gv_drift_judge_secrets(struct gv_drift_judged *out,
    const struct gv_drift_pair *pair, const struct gv_drift_key *low,
    const struct gv_drift_key *high);

/* Whether two texts are the same but for the names of their environments, or
 * for their regions and accounts. (drift_fold.c) */
bool gv_drift_is_folded(const struct gv_drift_pair *pair,
    struct gv_drift_text low, struct gv_drift_text high);
bool gv_drift_is_elsewhere(const struct gv_drift_pair *pair,
    struct gv_drift_text low, struct gv_drift_text high);

/* The first region or account in a text at or behind `from`. */
bool gv_drift_next_place(struct gv_drift_text *out, bool *is_account,
    struct gv_drift_text text, size_t from);

/* Whether both say the same, byte by byte. */
static inline bool
gv_drift_is_text(struct gv_drift_text a, struct gv_drift_text b)
{
	return a.len == b.len && memcmp(a.p, b.p, a.len) == 0;
}

void gv_drift_set(struct gv_drift_judged *out, enum gv_drift_verdict verdict,
    enum gv_drift_class class, enum gv_drift_severity severity, const char *fmt,
    ...) __attribute__((format(printf, 5, 6)));

/* ---- drift_join.c -------------------------------------------------------- */

int gv_drift_join(struct gv_drift_pair *pair, struct gv_drift_role *role);

/* Find roles of one side each whose files are the same but for their names, and
 * tell. */
int gv_drift_join_moved(struct gv_drift_pair *pair);

/* Count a key that is the same. */
void gv_drift_note_same(struct gv_drift_pair *pair);

/* Tell where a limit is another multiple of its request. (drift_ratio.c) */
int
gv_drift_ratios(struct gv_drift_pair *pair, const struct gv_drift_role *role);

/* Compare two lists of scalars and tell. (drift_items.c) */
int gv_drift_items(struct gv_drift_pair *pair, const struct gv_drift_role *role,
    const struct gv_drift_key *low, const struct gv_drift_key *high);

/* Keys of one side that have no pair. */
struct gv_drift_alone {
	struct gv_drift_key **low, **high;
	size_t n_low, n_high, cap_low, cap_high;
};
/* ---- drift_move.c -------------------------------------------------------- */

/* Pair what was renamed or moved among keys that have no pair, and tell. */
int gv_drift_move(struct gv_drift_pair *pair, const struct gv_drift_role *role,
    const struct gv_drift_alone *alone);

/* ---- drift_cross.c ------------------------------------------------------- */

/* Look at the values of one side. */
int gv_drift_cross(
    struct gv_drift_pair *pair, struct gv_drift_role *role, unsigned env);

/* Find the region and account that each side names most often. */
void gv_drift_count_places(struct gv_drift_pair *pair);

/* ---- drift_say.c --------------------------------------------------------- */

/* Add a finding of two keys, of which one may be NULL. 0 or GV_ENOMEM. */
int gv_drift_tell(struct gv_drift_pair *pair, const struct gv_drift_role *role,
    const struct gv_drift_key *low, const struct gv_drift_key *high,
    const struct gv_drift_judged *judged);

/* What a finding is about. */
struct gv_drift_told {
	struct gv_drift_text name; /* len 0: all of the file */
	const struct gv_drift_key *low, *high;
	const struct gv_drift_judged *judged;
	size_t keys;
	const char *kind;
};

/* The same, with another name than that of the keys, for `keys` keys; 0: it is
 * about keys that are counted already. */
int gv_drift_tell_as(struct gv_drift_pair *pair,
    const struct gv_drift_role *role, const struct gv_drift_told *told);

static inline const char *
gv_drift_low(const struct gv_drift_pair *pair)
{
	return pair->d->opts->envs[pair->low].name;
}

static inline const char *
gv_drift_high(const struct gv_drift_pair *pair)
{
	return pair->d->opts->envs[pair->high].name;
}

#endif
