#ifndef GV_DRILL_LOG_H
#define GV_DRILL_LOG_H
/*
 * The drills of a repository: each is an event of the audit chain of the host
 * that ran it, so it is signed, cannot be changed later, and goes to the remote
 * with the chain. The full report is a ref below GV_REFS_DRILLS, which goes to
 * the remote as well; the event has its digest.
 *
 *	r = gv_drill_tell(repo, &drill, report.p, report.len);
 *	r = gv_drill_log_load(&log, repo, NULL);
 *	gv_drill_log_release(&log);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "audit/audit_find.h"
#include "base/arena.h"

struct gv_buf;
struct gv_drill;
struct gv_repo;

/* A drill as its event has it. Texts are borrowed from the log. */
struct gv_drill_logged {
	const char *id;
	const char *host, *actor;
	const char *env; /* or NULL: of the whole snapshot */
	const char *snapshot;
	const char *result; /* as of gv_drill_result_code() */
	const char *cause;  /* its code; or NULL */
	const char *report; /* the SHA-256 of its report, in digits; or NULL */
	const char *fault;  /* what was broken on purpose; or NULL */
	const char *signer; /* who signed the event; NULL: nobody that is known
			     */
	bool is_foreign;    /* it was signed, and is of another vault */
	int64_t time, ms;
	int64_t age; /* seconds that its data was old; 0: not known */
	int64_t files, differing, secrets, unreadable, states, damaged;
	int64_t rto, rpo; /* targets in seconds; 0: not known, as in old ones */
	int64_t sandbox;  /* its level; 0: none was needed */
	const struct gv_audit_event_at *at; /* the event */
};

struct gv_drill_log {
	struct gv_drill_logged *items; /* the newest first */
	size_t n, cap;
	struct gv_audit_found found; /* private */
	struct gv_arena arena;       /* private */
};

/* Store the report, and add the event. 0; as gv_audit_tell_done(); as
 * gv_report_write(). */
int gv_drill_tell(struct gv_repo *repo, const struct gv_drill *drill,
    const void *report, size_t len);

/* Read the drills of all hosts; of one environment if `env` is not NULL. 0; as
 * gv_audit_find(). The caller releases *out in any case. */
int gv_drill_log_load(
    struct gv_drill_log *out, struct gv_repo *repo, const char *env);

/* Whether a chain is damaged, so that drills may be missing. */
bool gv_drill_log_is_damaged(const struct gv_drill_log *log);

/* The one that a text names: an id, or a unique part of one. 0; GV_ENOTFOUND;
 * GV_EREFUSED where several could be meant. */
int gv_drill_log_find(const struct gv_drill_logged **out,
    const struct gv_drill_log *log, const char *text);

/* Append the full report of a drill, if this clone has it, held against the sum
 * in the event. 1; 0 if it is elsewhere; GV_ECORRUPT if it was changed since;
 * GV_ERROR; GV_ENOMEM. */
int gv_drill_log_report(struct gv_buf *out, const struct gv_repo *repo,
    const struct gv_drill_logged *drill);

/* Store the report of a drill, whose SHA-256 these digits are, with a signed
 * statement. As gv_report_write(). (drill_kept.c) */
int gv_drill_kept_write(struct gv_repo *repo, const struct gv_drill *drill,
    const void *report, size_t len, const char *digest);

/* Whether the report of this ref stays: it is younger than GV_REPORT_LASTS, or
 * the last one of its environment that failed, or the last one that did not.
 * (drill_kept.c) */
bool gv_drill_kept_stays(
    const struct gv_drill_log *log, const char *ref, int64_t now);

/* Delete the reports that do not stay, or only count them. 0; as
 * gv_drill_log_load() and gv_ref_commit(). (drill_kept.c) */
int gv_drill_kept_prune(
    size_t *gone, struct gv_repo *repo, int64_t now, bool only_counts);

void gv_drill_log_release(struct gv_drill_log *log);

/* Whether a drill counts for an environment (NULL: for the whole snapshot): it
 * is signed by a member of the keyring who decides about that, and of this
 * vault. Whoever can push can add a chain, and so no other drill counts, for
 * anything. Without a keyring nobody has to sign. */
bool gv_drill_log_counts(const struct gv_drill_log *log,
    const struct gv_drill_logged *drill, const char *env);

/* What is known of the drills of one environment. */
struct gv_drill_state {
	const struct gv_drill_logged *last, *passed; /* NULL: none yet */
	int64_t due; /* when the next one has to have passed; 0: now */
	/* the newest that would be one of them, were it signed by somebody
	 * whose word counts, or were its time not yet to come; NULL: none */
	const struct gv_drill_logged *ignored;
	const char *ignored_why; /* a clause */
	bool is_overdue;
};

/* Judge at a point in time; `env` NULL is the whole snapshot, whose drills
 * count for every environment. Drills that broke something on purpose do not
 * count, and one that could not run all checks has not passed. */
void
gv_drill_log_judge(struct gv_drill_state *out, const struct gv_drill_log *log,
    const char *env, int64_t now, int64_t period);

/* ---- the text of an event ---- */

/* What the event says as its reason: words NAME=VALUE. 0 or GV_ENOMEM. */
int gv_drill_log_format(
    struct gv_buf *out, const struct gv_drill *drill, const char *report);

/* Read it; texts are copied to the arena. False for any other text. */
bool gv_drill_log_parse(
    struct gv_drill_logged *out, const char *text, struct gv_arena *arena);

#endif
