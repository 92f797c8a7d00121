#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/time.h"
#include "crypto/ssh.h"
#include "doctor/doctor_internal.h"
#include "doctor/doctor_judge.h"
#include "key/keyring.h"
#include "remote/remote.h"
#include "repo/foreign.h"
#include "repo/refs.h"
#include "repo/repo.h"

/*
 * Whether the snapshots are elsewhere, too. Nobody is asked: it is what the
 * last fetch, sync or push has seen.
 */

/* ---- receipts ---- */

static int
add_unknown(struct gv_doctor *d, enum gv_doctor_grade grade,
    const struct gv_receipt_chain *chain, const char *remote)
{
	struct gv_buf cmd = GV_BUF_INIT;
	char print[GV_KEYRING_PRINT];
	int r;

	gv_audit_signers_print(print, chain->key);
	gv_buf_addstr(&cmd, "git config --add vault.receiptSigner '");
	r = gv_ssh_add_public(&cmd, chain->key);
	gv_buf_addch(&cmd, '\'');
	if (r == 0 && (r = gv_buf_check(&cmd)) == 0)
		r = gv_doctor_add(d, grade, "receipts_unknown", cmd.p,
		    "the receipts of %s on '%s' are signed by %s, which "
		    "vault.receiptSigner does not name, so they are ignored; "
		    "if the server's administrator confirms that key, add it "
		    "there",
		    chain->server, remote, print);
	gv_buf_release(&cmd);
	return r;
}

static int
check_chain(struct gv_doctor *d, const struct gv_receipt_chain *chain,
    const char *remote)
{
	const struct gv_doctor_verdict v = gv_doctor_judge_receipts(
	    chain->trust, !gv_oid_is_zero(&chain->known));

	if (v.kind == NULL)
		return 0;
	if (chain->trust == GV_RECEIPT_BAD)
		return gv_doctor_add(d, v.grade, v.kind, NULL,
		    "the newest receipts of %s on '%s' do not match their "
		    "signature: they were changed there or on the way; ask its "
		    "administrator",
		    chain->server, remote);
	if (chain->trust == GV_RECEIPT_UNKNOWN)
		return add_unknown(d, v.grade, chain, remote);
	return gv_doctor_add(d, v.grade, v.kind, NULL,
	    "the newest receipts of %s on '%s' are not signed, although "
	    "earlier ones are: the server lost its key, or somebody else wrote "
	    "them; ask its administrator",
	    chain->server, remote);
}

static int
check_chains(struct gv_doctor *d, const struct gv_whereabouts_remote *remote)
{
	const char *line = remote->chains.damaged.p;
	size_t i, n;
	int r = 0;

	for (i = 0; r == 0 && i < remote->chains.n; i++)
		r = check_chain(d, &remote->chains.all[i], remote->name);
	for (; r == 0 && line && *line; line += n + 1) {
		n = strcspn(line, "\n");
		r = gv_doctor_add(d, GV_DOCTOR_WARNING, "receipts_damaged",
		    "git fsck", "receipts cannot be read: %.*s", (int)n, line);
	}
	return r;
}

/* Of all receipts of a remote, those that are not as they should be. */
static int
count_receipts(struct gv_doctor *d, struct gv_doctor_remote *to)
{
	const struct gv_refs *refs = &d->report->refs.refs;
	struct gv_whereabouts_word word;
	const char *id;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < refs->n; i++) {
		if (!gv_doctor_has(d->report, to, i))
			continue;
		id = gv_doctor_id(d->report, i);
		r = gv_whereabouts_ask(&word, to->where, id);
		to->damaged += r == GV_ECORRUPT;
		if (r == 0 && word.has_receipt &&
		    !gv_oid_equal(&word.receipt.commit, &refs->refs[i].oid)) {
			to->others++;
			memcpy(to->other, id, sizeof(to->other));
		}
		gv_receipt_release(&word.receipt);
		r = r == GV_ECORRUPT ? 0 : r;
	}
	return r;
}

static int
check_receipts(struct gv_doctor *d, struct gv_doctor_remote *to)
{
	int r = count_receipts(d, to);

	if (r == 0 && to->others)
		r = gv_doctor_add(d, GV_DOCTOR_WARNING, "receipts_other",
		    "git vault list --json",
		    "%zu receipts of '%s' name other commits than the "
		    "snapshots here, such as %s: the server received something "
		    "else",
		    to->others, to->where->name, to->other);
	if (r == 0 && to->damaged)
		r = gv_doctor_add(d, GV_DOCTOR_WARNING, "receipts_damaged",
		    "git fsck", "%zu receipts of '%s' cannot be read",
		    to->damaged, to->where->name);
	return r == 0 ? check_chains(d, to->where) : r;
}

int
gv_doctor_receipts(struct gv_doctor *d)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < d->report->n_remotes; i++)
		r = check_receipts(d, &d->report->remotes[i]);
	return r;
}

/* ---- what is where ---- */

bool
gv_doctor_has(const struct gv_doctor_report *report,
    const struct gv_doctor_remote *remote, size_t i)
{
	return gv_whereabouts_has(remote->where, gv_doctor_id(report, i),
	    &report->refs.refs.refs[i].oid);
}

/* One that is damaged says nothing, which gv_doctor_receipts() reports. */
static int
take_receipt(struct gv_doctor_report *report, struct gv_doctor_remote *to)
{
	struct gv_whereabouts_word word;
	int r = gv_whereabouts_ask(
	    &word, to->where, gv_doctor_id(report, to->newest));

	if (r == 0 && word.has_receipt &&
	    gv_oid_equal(&word.receipt.commit,
		&report->refs.refs.refs[to->newest].oid)) {
		to->received = word.receipt.time;
		to->trust = word.trust;
	}
	gv_receipt_release(&word.receipt);
	return r == GV_ECORRUPT ? 0 : r;
}

static int
look_at_remote(
    struct gv_doctor_report *report, struct gv_whereabouts_remote *where)
{
	struct gv_doctor_remote *to = &report->remotes[report->n_remotes++];
	size_t i;

	to->where = where;
	for (i = 0; i < report->refs.refs.n; i++)
		if (gv_doctor_has(report, to, i)) {
			to->snapshots++;
			to->newest = i;
		}
	return to->snapshots ? take_receipt(report, to) : 0;
}

/* If vault.receiptSigner names no valid key, report that, and go on without
 * receipts. */
static int
load(struct gv_doctor *d)
{
	struct gv_whereabouts *where = &d->report->where;
	int r = gv_whereabouts_load(where, d->repo, GV_WHEREABOUTS_RECEIPTS);

	if (r != GV_EREFUSED && r != GV_ECORRUPT && r != GV_ENOTFOUND)
		return r;
	r = gv_doctor_add(d, GV_DOCTOR_ERROR, "receipt_signer",
	    "git config --get-all vault.receiptSigner", "%s", gv_err_message());
	gv_whereabouts_release(where);
	return r < 0 ? r : gv_whereabouts_load(where, d->repo, 0);
}

/* Whether anything of the remote's vault is here: 1, 0 or a failure. */
static int
is_seen(const struct gv_doctor *d, const struct gv_whereabouts_remote *remote)
{
	struct gv_buf prefix = GV_BUF_INIT;
	struct gv_refs refs = { 0 };
	int r;

	if (remote->is_known || remote->snapshots.n)
		return 1;
	gv_buf_addf(&prefix, GV_REFS_REMOTES "%s/", remote->name);
	if ((r = gv_buf_check(&prefix)) == 0 &&
	    (r = gv_ref_list(&refs, d->repo, prefix.p)) == 0)
		r = refs.n > 0;
	gv_refs_release(&refs);
	gv_buf_release(&prefix);
	return r;
}

/* Whether a sync, push or fetch has brought anything of a remote's vault. What
 * is there may not be known any more. */
static int
is_any_seen(const struct gv_doctor *d)
{
	const struct gv_whereabouts *where = &d->report->where;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < where->n; i++)
		r = is_seen(d, &where->remotes[i]);
	return r;
}

static struct gv_doctor_verdict
judge_copies(const struct gv_doctor *d)
{
	const struct gv_doctor_report *report = d->report;
	struct gv_doctor_judge_copies facts = { .now = d->opts->now,
		.unsent = report->refs.refs.n - report->unsent,
		.remotes = report->where.n,
		.is_nowhere = d->is_nowhere };
	size_t i;

	for (i = 0; i < report->copies.n; i++)
		facts.is_copied |= report->copies.targets[i].is_known;

	if (facts.unsent)
		facts.oldest = gv_doctor_time(report, report->unsent);
	return gv_doctor_judge_copies(&facts);
}

/* git itself does not find the vault of a working copy of another tool. */
static int
add_remoteless(struct gv_doctor *d, const struct gv_doctor_verdict *v, size_t n)
{
	struct gv_buf cmd = GV_BUF_INIT;
	int r;

	gv_buf_addstr(&cmd, "git");
	if (gv_foreign_kind_of(d->repo->git_dir) != GV_FOREIGN_NONE)
		gv_doctor_word(&cmd, "--git-dir=%s", d->repo->git_dir);
	gv_buf_addstr(&cmd, " remote add origin URL && git vault sync");
	if ((r = gv_buf_check(&cmd)) == 0)
		r = gv_doctor_add(d, v->grade, v->kind, cmd.p,
		    "this repository has no remote: its %zu snapshot%s %s lost "
		    "with this disk",
		    n, n == 1 ? "" : "s", n == 1 ? "is" : "are");
	gv_buf_release(&cmd);
	return r;
}

/* Whatever there is, is on this disk alone. */
static int
add_nowhere(struct gv_doctor *d)
{
	const struct gv_doctor_verdict v = judge_copies(d);
	const size_t n = d->report->refs.refs.n;
	struct gv_buf cmd = GV_BUF_INIT;
	char *remote = NULL;
	int r;

	if (v.kind == NULL)
		return 0;
	if (d->report->where.n == 0)
		return add_remoteless(d, &v, n);
	r = gv_remote_default(&remote, d->repo);
	if (r == GV_EUSAGE) {
		remote = strdup(d->report->where.remotes[0].name);
		r = remote ? 0 : gv_err_nomem();
	}
	gv_buf_addstr(&cmd, "git vault sync");
	if (r < 0)
		goto out;
	gv_doctor_word(&cmd, "%s", remote);
	if ((r = gv_buf_check(&cmd)) < 0)
		goto out;
	r = gv_doctor_add(d, v.grade, v.kind, cmd.p,
	    "this clone has no record of a sync with %s: its %zu "
	    "snapshot%s may be lost with this disk",
	    remote, n, n == 1 ? "" : "s");
out:
	gv_buf_release(&cmd);
	free(remote);
	return r;
}

int
gv_doctor_remotes(struct gv_doctor *d)
{
	struct gv_doctor_report *report = d->report;
	size_t i;
	int r = load(d);

	if (r < 0)
		return r;
	report->remotes = calloc(report->where.n + 1, sizeof(*report->remotes));
	if (report->remotes == NULL)
		return gv_err_nomem();
	for (i = 0; r == 0 && i < report->where.n; i++)
		if (report->where.remotes[i].is_vault)
			r = look_at_remote(report, &report->where.remotes[i]);
	report->unsent =
	    gv_whereabouts_unsent(&report->where, &report->refs.refs);
	if (r < 0 || report->unsent == report->refs.refs.n)
		return r;
	r = is_any_seen(d);
	d->is_nowhere = r == 0;
	return r == 0 ? add_nowhere(d) : r < 0 ? r : 0;
}

int
gv_doctor_unsent(struct gv_doctor *d)
{
	const struct gv_doctor_report *report = d->report;
	const size_t n = report->refs.refs.n;
	const struct gv_doctor_verdict v = judge_copies(d);
	const struct gv_whereabouts_remote *unknown =
	    gv_whereabouts_unknown(&report->where);
	struct gv_buf cmd = GV_BUF_INIT;
	char age[GV_TIME_MAX];
	int r;

	/* gv_doctor_remotes() has reported a vault that is nowhere */
	if (v.kind == NULL || report->where.n == 0 || d->is_nowhere)
		return 0;
	gv_time_relative(
	    age, gv_doctor_time(report, report->unsent), d->opts->now);
	gv_buf_addstr(&cmd, "git vault sync");
	gv_doctor_word(&cmd, "%s",
	    unknown                 ? unknown->name
		: report->n_remotes ? report->remotes[0].where->name
				    : report->where.remotes[0].name);
	if ((r = gv_buf_check(&cmd)) < 0)
		goto out;
	if (unknown)
		r = gv_doctor_add(d, v.grade, v.kind, cmd.p,
		    "this clone does not know what '%s' has, since it never "
		    "synced, so perhaps no remote has the newest %zu of %zu "
		    "snapshot%s; the first of these was taken %s",
		    unknown->name, n - report->unsent, n, n == 1 ? "" : "s",
		    age);
	else
		r = gv_doctor_add(d, v.grade, v.kind, cmd.p,
		    "no remote has the newest %zu of %zu snapshot%s, as far as "
		    "it was last seen; the first of these was taken %s",
		    n - report->unsent, n, n == 1 ? "" : "s", age);
out:
	gv_buf_release(&cmd);
	return r;
}
