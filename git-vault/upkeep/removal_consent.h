#ifndef REMOVAL_CONSENT_H
#define REMOVAL_CONSENT_H
/*
 * What the policy asks before snapshots are removed: that others have approved
 * exactly these. The same for delete and prune, which also give an approval
 * with --approve.
 *
 *	struct gv_removal_consent c = { .way = GV_POLICY_DELETE, … };
 *	if ((r = gv_removal_consent_open(&c, ctx)) == 0) {
 *		opts.agree = gv_removal_consent_ask;
 *		opts.data = &c;
 *		r = gv_removal_run(…, &opts);
 *	}
 *	gv_removal_consent_close(&c);
 */

#include <stdbool.h>

#include "base/buf.h"
#include "git-vault/front/opt.h"
#include "good/approval.h"
#include "repo/oid.h"

struct gv_ctx;
struct gv_removal;
struct gv_safe;

/* The options, and what they are of. */
struct gv_removal_consent {
	enum gv_policy_removal way;
	const char *reason;  /* of --reason; or NULL */
	bool gives;          /* --approve: give an approval, remove nothing */
	bool unapproved;     /* --without-approval */
	bool dry_run;        /* --dry-run: only say what is wanted and there */
	bool is_for_good;    /* --no-trash or --empty-trash */
	struct gv_buf words; /* options by which others approve the same, each
				with a blank before it */
	const struct gv_opt_list *identities;
	/* private */
	struct gv_ctx *ctx;
	struct gv_safe *safe; /* of these; NULL: none were named */
	struct gv_buf what, target, note;
	bool is_used;
	struct gv_oid used; /* what the approvals were of */
};

/* Judge the options, and open the identities that are named. 0; GV_EUSAGE; as
 * gv_identity_opt_open(). To be closed in any case. */
int gv_removal_consent_open(struct gv_removal_consent *c, struct gv_ctx *ctx);

/* The gv_removal_agree_fn of a removal: use up the approvals of it, or give
 * one, or say what is wanted. 0; GV_EREFUSED with the command by which others
 * approve; as gv_approval_spend() and gv_approval_give(). */
int
gv_removal_consent_ask(void *consent, struct gv_removal *removal, bool is_dry);

/* Free what it holds. */
void gv_removal_consent_close(struct gv_removal_consent *c);

#endif
