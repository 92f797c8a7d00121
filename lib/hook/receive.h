#ifndef GV_RECEIVE_H
#define GV_RECEIVE_H
/*
 * What a server checks of a push before its refs move: secrets in it, and the
 * rules by which vault refs may move at all. The pusher is not
 * trusted: the policy is the server's, or what the branch had before.
 * Nothing is written here; receipts of what was taken are for receipt.h.
 *
 *	r = gv_receive_parse(&push, text, len);
 *	r = gv_receive_check(&report, repo, &push, now);
 *	if (report.n)
 *		refuse it, with report.text
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "repo/oid.h"
#include "vault/receive_push.h"

struct gv_repo;

/* The answer of a server's hooks to a push of probe.h. */
#define GV_RECEIVE_PROBED "git-vault looks through what is pushed here"

/* How many faults of a push are printed one by one. */
#define GV_RECEIVE_TOLD 50

struct gv_receive_report {
	struct gv_buf text; /* sentences, one a line: the first
			       GV_RECEIVE_TOLD */
	size_t n;           /* faults, all of them */
	size_t n_secrets;   /* what seems to be secrets, among them */
	size_t n_findings;  /* of `git vault check`, among them */
	size_t n_access;    /* what rules of access refuse, among them */
	struct gv_buf news; /* what is no fault, one a line */
	bool is_keyless;    /* nothing is allowed by its fingerprint, since
			       their key is not here */
};

#define GV_RECEIVE_REPORT_INIT                                                 \
	{                                                                      \
		.text = GV_BUF_INIT, .news = GV_BUF_INIT                       \
	}

/* Free; NULL-safe. */
void gv_receive_report_release(struct gv_receive_report *report);

/* What is done about secrets, by vault.receive.secrets, about changes to what
 * is frozen, by vault.receive.freeze, and about what rules of access refuse, by
 * vault.receive.access. */
enum gv_receive_mode {
	GV_RECEIVE_REFUSE, /* the default */
	GV_RECEIVE_WARN,   /* they are printed, secrets after the push */
	GV_RECEIVE_IGNORE, /* nobody looks */
};

struct gv_receive_settings {
	enum gv_receive_mode secrets, freeze, access;
	int64_t max_time;    /* seconds that a push may take; 0: any */
	uint64_t max_memory; /* bytes; 0: any */
	int64_t max_ahead;   /* seconds that a snapshot may be in the future */
	int64_t max_age;     /* seconds that it may be old; 0: any */
	int64_t max_deletes; /* snapshots that a push may delete where nobody
			      * knows who pushed them */
	bool comments;       /* a comment in a file allows its finding */
	const char *policy;  /* a file, in place of the branches'; or NULL */
};

/* Read vault.receive.* of the repository's configuration. 0; GV_EREFUSED for an
 * invalid value, with its key. Texts live as long as the repository. */
int gv_receive_settings_read(
    struct gv_receive_settings *out, const struct gv_repo *repo);

/* Before its refs move: look for everything that a push is refused for. 0 with
 * what there is in *out, which the caller has initialised; a failure where it
 * could not be looked for, and then it is to be refused as well. */
int gv_receive_check(struct gv_receive_report *out, struct gv_repo *repo,
    const struct gv_receive *push, int64_t now);

/* After they have moved: look for secrets only, and report them. As above. */
int gv_receive_look(struct gv_receive_report *out, struct gv_repo *repo,
    const struct gv_receive *push, int64_t now);

/* Whether a ref by that full name would keep vault refs from being made: it
 * is the folder of some, or in one (refs/vault/snapshots, refs/vault/marks/x).
 */
bool gv_receive_is_in_the_way(const char *ref);

#endif
