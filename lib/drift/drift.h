#ifndef GV_DRIFT_H
#define GV_DRIFT_H
/*
 * Which keys and values of two environments differ that should not. Files of
 * one role are compared with each other (values-staging.yaml with
 * values-prod.yaml), by the values that hold after layering over what all
 * environments share (values.yaml). Pure: files are bytes in memory. Which file
 * is of which environment is for envtree.h, reading them for drift_source.h.
 *
 *	r = gv_drift_new(&drift, &opts);
 *	r = gv_drift_add(drift, &file);		each file
 *	r = gv_drift_compare(&report, drift, left, right);
 *	for (i = 0; i < report.n; i++) … report.findings[i]
 *	gv_drift_report_release(&report);
 *	gv_drift_free(drift);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "crypto/digest.h"
#include "drift/envname.h"

struct gv_drift_key;
struct gv_drift_role;
struct gv_ruleset;

#define GV_DRIFT_SHARED UINT32_MAX /* a file of no environment */
#define GV_DRIFT_COMMIT 40         /* digits of a commit's id */

enum gv_drift_class {
	GV_DRIFT_NONE,
	GV_DRIFT_MISSING,
	GV_DRIFT_VALUE,
	GV_DRIFT_TYPE,
	GV_DRIFT_ORDER,
	GV_DRIFT_SIZE,
	GV_DRIFT_NAME,
	GV_DRIFT_VERSION,
	GV_DRIFT_SECRET,
	GV_DRIFT_STRUCTURE,
	GV_DRIFT_RENAMED,
	GV_DRIFT_MOVED,
	GV_DRIFT_RECIPIENTS,
	GV_DRIFT_PLACEHOLDER,
	GV_DRIFT_GUARD,
	GV_DRIFT_CROSS,
	GV_DRIFT_CLASSES
};

enum gv_drift_verdict {
	GV_DRIFT_SAME,
	GV_DRIFT_INTENDED, /* of a kind that environments are made for */
	GV_DRIFT_DRIFT,
	GV_DRIFT_NOTE, /* the same for a program, but worth a look */
	GV_DRIFT_UNKNOWN,
	GV_DRIFT_ACCEPTED, /* a drift that the repository accepts */
	GV_DRIFT_BEFORE,   /* a drift that was there before: drift_since.h */
	GV_DRIFT_VERDICTS
};

enum gv_drift_severity {
	GV_DRIFT_NO_SEVERITY,
	GV_DRIFT_LOW,
	GV_DRIFT_NORMAL,
	GV_DRIFT_HIGH,
};

/* Whether the repository accepts a difference. */
enum gv_drift_acceptance {
	GV_DRIFT_NEVER,
	GV_DRIFT_HOLDS,
	GV_DRIFT_EXPIRED,
	GV_DRIFT_CHANGED, /* one of its sides is another one now */
};

/* Words, by the enums. */
extern const char *const gv_drift_classes[];
extern const char *const gv_drift_verdicts[];
extern const char *const gv_drift_severities[];
extern const char *const gv_drift_acceptances[];

struct gv_drift_env {
	const char *name;
	unsigned order; /* of promotion: the later one is nearer to users */
	bool is_prod;
};

/* Bytes of a text. */
struct gv_drift_span {
	size_t at, len;
};

struct gv_drift_file {
	const char *path; /* from the top */
	const char *text; /* the caller's, as the path, until the end; NULL: it
			     is read once it is needed */
	size_t len;
	uint32_t env;    /* GV_DRIFT_SHARED */
	bool is_private; /* Git does not have what is in it: it does not track
			    it, or has it encrypted */
	bool is_ignored; /* Git ignores it: no value of it is printed */
	size_t folder;   /* this many bytes of the path are a folder that stands
			    for the environment, without being named so */
	const char *part;  /* only what is below this place (gv_doc_find());
			      NULL: all of it */
	const char *under; /* where its keys are put; of a part, what leads to
			      the step that names the environment; or NULL */
	const char *role;  /* files of one role are compared; NULL: by path */
	bool is_state;     /* attributes of a resource as JSON: `under` is its
			      address, and there are no lines */
	bool is_secret;    /* every value of it is one */
	bool is_shut;      /* nobody here can open its values */
	const char *why;   /* why its bytes cannot be read; NULL: they can */
	/* where secrets are in the text that were encrypted where it is stored,
	 * in order; set by `read`, too */
	const struct gv_drift_span *secrets;
	size_t n_secrets;
};

struct gv_drift_opts {
	const struct gv_drift_env *envs;
	size_t n_envs;
	struct gv_envname names;  /* words for the envs, by their index */
	struct gv_ruleset *rules; /* of the scanner; NULL: names alone tell
				     what is a secret */
	/* sets text and len of a file that was added without; they stay until
	 * the end. 0, also for a file that cannot be read, with `why`; NULL */
	int (*read)(void *ctx, struct gv_drift_file *file);
	void *ctx;
	bool in_time;  /* both are one environment, before and after:
			  whatever changed is a drift */
	bool comments; /* of keys that are the same, comments that differ are
			  a note; its kind is "comment" */
	const struct gv_drift *like; /* digests are as those of this one, so
					that both can be compared; or NULL */
};

#define GV_DRIFT_KEY_NAME 8  /* characters of the name of a key of ids */
#define GV_DRIFT_DIGEST   26 /* "NAME-" and 16 digits, with the NUL */

/* Where one side of a finding is. */
struct gv_drift_place {
	const char *path; /* NULL: it is not there */
	size_t line;
	const char *value; /* NULL: never shown, or not there */
	size_t value_len;
	bool is_hidden;  /* a secret */
	bool is_private; /* Git does not have what is in its file */
	char digest[GV_DRIFT_DIGEST]; /* of a value of these two kinds, and of
					 what the finding is called; "": there
					 is no key that lasts */
	bool is_base;                 /* what all environments share has it */
	size_t at, len;               /* bytes of the value in the file */
	size_t begin;                 /* … and where its key begins */
	bool is_whole;                /* all of a file, a block or a map */
	/* the commit that its line is of, and when it was made; "": not known
	 * (drift_blame.h) */
	char commit[GV_DRIFT_COMMIT + 1];
	int64_t since;
	bool is_new; /* its line is not committed */
};

struct gv_drift_finding {
	const char *key; /* FILE#KEY, with '*' for the environment in FILE */
	enum gv_drift_class class;
	enum gv_drift_verdict verdict;
	enum gv_drift_severity severity;
	const char *says; /* a sentence; never with a secret */
	const char *kind; /* what is missing: "file"; NULL: a key */
	struct gv_drift_place left, right;
	size_t keys; /* that it is for */
	/* set by gv_accepted_apply(): what the repository says of it */
	enum gv_drift_acceptance acceptance;
	const char *reason, *until, *owner; /* or NULL */
	/* private: what it is of, as long as the drift */
	const struct gv_drift_key *left_key, *right_key;
	const struct gv_drift_role *role;
	size_t name_len; /* of the key's folded name */
};

struct gv_drift_report {
	unsigned left, right;              /* environments, by their index */
	struct gv_drift_finding *findings; /* what is not the same, by key */
	size_t n, cap;
	size_t keys, files;               /* that were compared */
	size_t counts[GV_DRIFT_VERDICTS]; /* keys; without NOTE they make all */
	struct gv_arena arena;
};

struct gv_drift;

/* Begin. The options and all they point to must outlive it. 0 or GV_ENOMEM,
 * GV_ERROR. */
int gv_drift_new(struct gv_drift **out, const struct gv_drift_opts *opts);

/* Have values that are never shown digests that last longer than this run: by
 * the key of ids, of this name. Before the first comparison. */
void gv_drift_name_by(struct gv_drift *drift,
    const unsigned char key[GV_DIGEST_KEY], const char *name);

/* NULL-safe. */
void gv_drift_free(struct gv_drift *drift);

/* Add a file, also one that is no document: then it is left out. The caller
 * keeps what it points to. 0; GV_EREFUSED for an invalid rule; GV_ENOMEM.
 */
int gv_drift_add(struct gv_drift *drift, const struct gv_drift_file *file);

/* Compare two environments by their index; `left` is what is shown first. 0 or
 * GV_ENOMEM. To be released in any case. */
int gv_drift_compare(struct gv_drift_report *out, struct gv_drift *drift,
    unsigned left, unsigned right);

/* Zeroed ok. */
void gv_drift_report_release(struct gv_drift_report *report);

/* Whether all was the same, and something was compared. */
bool gv_drift_is_in_sync(const struct gv_drift_report *report);

/* Whether it has a drift of this severity or above. */
bool gv_drift_has(
    const struct gv_drift_report *report, enum gv_drift_severity least);

#endif
