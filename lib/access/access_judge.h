#ifndef GV_ACCESS_JUDGE_H
#define GV_ACCESS_JUDGE_H
/*
 * Whether a branch may move: each commit on its way by the policy of the commit
 * before it. Nothing is written.
 *
 *	r = gv_access_judge_open(&judge, repo, &opts);
 *	r = gv_access_judge_move(judge, "refs/heads/main", &old, &new, fn, ctx);
 *	gv_access_judge_close(judge);
 *
 * What is not one line of commits, such as a merge with the branch as its
 * second parent, is one step from the old commit to the new one. On a branch
 * that is not HEAD's the policy of HEAD holds, too, for the same one step: an
 * older policy of that branch does not let what the newest refuses.
 */

#include <stdbool.h>
#include <stdint.h>

#include "access/access.h"
#include "access/access_who.h"
#include "base/buf.h"

struct gv_repo;
struct gv_access_judge;

/* The scope of events about changes of configuration. */
#define GV_ACCESS_SCOPE "config"

/* Commits of one move that are judged; of more the move is refused. */
#define GV_ACCESS_STEPS_MOST 20000

struct gv_access_judge_opts {
	int64_t now;
	/* what the host says of who pushes; NULL: nothing, "": that it is
	 * nobody. An account is looked up in the policy, a name is one of the
	 * keyring. */
	const char *account, *name;
	bool is_self; /* it is the user here */
	/* … who looks at commits that others may have written: the author of
	 * those is not who looks */
	bool is_viewer;
	/* where the host says nothing, who has signed the commit changes it */
	bool by_signature;
	/* GV_DIGEST_KEY bytes by which values are named
	 * (gv_access_change.sums), for who records changes; NULL: they are not
	 */
	const unsigned char *key;
	/* a policy whose rules hold as well: that of the server */
	const struct gv_policy *also;
	/* the branch whose policy is the newest, and its commit: in a clone
	 * that of the remote; NULL: HEAD, as on a server */
	const char *head_ref;
	const struct gv_oid *head;
};

/* One step that rules are about. */
struct gv_access_result {
	const char *ref;
	struct gv_oid from, to; /* commits; `from` zero: there was none */
	bool is_whole;          /* one step for the whole move */
	const char *fault;      /* a sentence: refused before all rules; the
				   rest is not set */
	const struct gv_policy *policy;
	const struct gv_access_changes *changes;
	const struct gv_access_verdict *verdict;
	const char *person; /* who changes it, by the keyring; NULL */
	bool is_stranger;   /* … which has nobody of that name */
	bool has_subject;
	struct gv_oid subject; /* of approvals */
	const char *passed;    /* sentences, a line each: approvals that do not
				  count */
};

typedef int
gv_access_result_fn(void *ctx, const struct gv_access_result *result);

/* 0, and the caller closes it; failures to read; GV_ENOMEM. The opts' texts
 * live as long as it. */
int gv_access_judge_open(struct gv_access_judge **out, struct gv_repo *repo,
    const struct gv_access_judge_opts *opts);

/* NULL-safe. */
void gv_access_judge_close(struct gv_access_judge *judge);

const struct gv_access_who *
gv_access_judge_who(const struct gv_access_judge *judge);

/* Judge a move of a ref: fn(ctx, result) for each step that a rule is about,
 * and for each fault. Nothing for a ref that is not protected. 0; fn's value
 * that is not 0; failures to read. */
int gv_access_judge_move(struct gv_access_judge *judge, const char *ref,
    const struct gv_oid *old, const struct gv_oid *now, gv_access_result_fn *fn,
    void *ctx);

/* The same of steps that are not on a protected branch yet, and would be moved
 * there: a range of commits, step by step and as one. `base` is the commit of
 * the protected branch whose policy judges the one. */
int gv_access_judge_range(struct gv_access_judge *judge,
    const struct gv_oid *from, const struct gv_oid *to,
    const struct gv_oid *base, gv_access_result_fn *fn, void *ctx);

/* Changes that are not committed, against the policy of a commit. */
int gv_access_judge_changes(struct gv_access_judge *judge,
    const struct gv_oid *base, const struct gv_policy *policy,
    const struct gv_access_changes *changes, gv_access_result_fn *fn,
    void *ctx);

/* Append the target of an approval's event: the commit of the protected branch
 * on which it is given, and the files in words. The change may be made once
 * from there. */
void gv_access_judge_on(
    struct gv_buf *out, const struct gv_oid *base, const char *what);

/* Whether a ref is a protected branch by a policy: one that it names, or where
 * it names none `head_ref` (NULL: none). */
bool gv_access_is_protected(const struct gv_policy_access *access,
    const char *ref, const char *head_ref);

/* Load the policy of a commit as its blob has it, whatever is accepted here.
 * 1; 0 where there is none; GV_EREFUSED where it cannot be read, or is a link;
 * failures to read. Release *out in any case. */
int gv_access_policy(
    struct gv_policy *out, struct gv_repo *repo, const struct gv_oid *commit);

#endif
