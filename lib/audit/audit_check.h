#ifndef GV_AUDIT_CHECK_H
#define GV_AUDIT_CHECK_H
/*
 * Whether audit chains are what they were: each event of the form and with the
 * number that it must have, signed by somebody who is known, behind the one
 * before; none missing at the end that was seen here once; and the copy on a
 * remote the same, or a beginning of it.
 *
 *	struct gv_audit_check_opts o = { .remote = "origin" };
 *	r = gv_audit_check_run(&check, repo, &o);
 *	if (check.n_faults)
 *		the answer is no: check.chains[0].faults[0].text
 *	gv_audit_check_release(&check);
 *
 * What it cannot see: events that are not signed and were taken away from the
 * end before this repository ever saw them.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "audit/audit_signers.h"
#include "base/arena.h"
#include "repo/oid.h"

struct gv_buf;
struct gv_repo;

#define GV_AUDIT_CHECK_FAULTS 100 /* of one chain; more are counted only */

struct gv_audit_check_opts {
	const char *host;           /* only its chain; NULL: all */
	const char *remote;         /* hold them against its copies; or NULL */
	const char *const *signers; /* to know: as gv_audit_signers_add() */
	size_t n_signers;
	bool all_signed; /* an event without a signature is a fault */
};

/* What is wrong. Kinds are words: "form", "lost", "signature", "signer",
 * "unsigned", "unknown", "vault", "number", "root", "end", "remote". An
 * "unknown" one is of a key that signed well, and of which nobody knows whose
 * it is: it is reported once for all events of that key. */
struct gv_audit_fault {
	const char *kind;
	struct gv_oid event; /* zero: it is of no single one */
	const char *text;
};

/* How many events a key has signed. */
struct gv_audit_signed {
	unsigned char key[GV_SIGN_PUBLIC];
	const struct gv_audit_signer *who; /* NULL: nobody that is known */
	uint64_t events;
	struct gv_oid newest; /* of them */
};

struct gv_audit_chain {
	const char *host;
	struct gv_oid tip;    /* zero: there is none here */
	struct gv_oid theirs; /* that of the remote; zero: none */
	uint64_t events, n_signed;
	int64_t first, last; /* times of the events at both ends */
	struct gv_audit_signed *keys;
	size_t n_keys, cap_keys;
	struct gv_audit_fault *faults;
	size_t n_faults, cap_faults;
	uint64_t more;      /* faults that are not listed */
	uint64_t unknown;   /* of all faults are of that kind */
	const char **notes; /* sentences that are no faults */
	size_t n_notes, cap_notes;
	bool is_cut; /* private: it could not be read to its beginning */
};

struct gv_audit_check {
	struct gv_audit_chain *chains; /* by their hosts */
	size_t n, cap;
	struct gv_audit_signers signers;
	uint64_t n_faults; /* of all, those of kind "unknown", too */
	uint64_t waiting;  /* events that wait to be told */
	uint64_t damaged;  /* of them cannot be told */
	struct gv_arena arena;
};

/* Check them. Where a chain has no fault its end is noted, to be looked for the
 * next time. 0, also with faults; GV_ENOTFOUND where there is no chain of that
 * host; GV_EUSAGE for an invalid signer; GV_ERROR where the remote does not
 * answer; GV_ECANCELED; GV_ENOMEM. */
int gv_audit_check_run(struct gv_audit_check *out, struct gv_repo *repo,
    const struct gv_audit_check_opts *opts);

/* Free; NULL-safe, zeroed ok. */
void gv_audit_check_release(struct gv_audit_check *check);

/* ---- for the files of this module ---- */

/* Note a fault of a chain, or a remark that is not a fault. 0 or GV_ENOMEM. */
int gv_audit_check_fault(struct gv_audit_check *check,
    struct gv_audit_chain *chain, const char *kind, const struct gv_oid *event,
    const char *fmt, ...) __attribute__((format(printf, 5, 6)));
int
gv_audit_check_note(struct gv_audit_check *check, struct gv_audit_chain *chain,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* The chain of a host, which is made where there is none yet; valid until the
 * next one is. NULL without memory. */
struct gv_audit_chain *
gv_audit_check_chain(struct gv_audit_check *check, const char *host);

/* Read a chain from its end here (or that of the remote, where there is none
 * here) to its beginning, and look for the end that was seen. 0; GV_ENOMEM;
 * GV_ECANCELED; GV_ERROR. (audit_check_walk.c) */
int
gv_audit_check_walk(struct gv_audit_check *check, struct gv_audit_chain *chain,
    struct gv_repo *repo, const struct gv_audit_check_opts *opts);

/* Ask the remote where its chains end, and fetch what is not here; no ref is
 * moved. 0; GV_ERROR with git's words; GV_ENOMEM. (audit_check_remote.c) */
int gv_audit_check_ask(struct gv_audit_check *check, struct gv_repo *repo,
    const struct gv_audit_check_opts *opts);

/* Hold a chain against the remote's copy. 0; GV_ENOMEM; GV_ECANCELED; GV_ERROR.
 * (audit_check_remote.c) */
int gv_audit_check_compare(struct gv_audit_check *check,
    struct gv_audit_chain *chain, struct gv_repo *repo, const char *remote);

/* Note where the remote's copy ends. */
void gv_audit_check_keep(const struct gv_audit_chain *chain,
    const struct gv_repo *repo, const char *remote);

/* How many events stand between `from` and `to`, which is before it: 1 with
 * *n; 0 where it is not; GV_ECORRUPT where that cannot be told; GV_ENOMEM;
 * GV_ECANCELED. (audit_check_walk.c) */
int gv_audit_check_reach(uint64_t *n, struct gv_repo *repo,
    const struct gv_oid *from, const struct gv_oid *to);

#endif
