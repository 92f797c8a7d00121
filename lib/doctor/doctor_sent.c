#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/time.h"
#include "base/vec.h"
#include "crypto/ssh.h"
#include "doctor/doctor_internal.h"
#include "key/keyring.h"
#include "record/record_refs.h"
#include "repo/refs.h"
#include "view/whereabouts.h"

/*
 * Whether the snapshots are elsewhere, too. Nobody is asked: it is what the
 * last fetch, sync or push has seen.
 */

#define A_DAY 86400

struct look {
	struct gv_doctor *d;
	struct gv_whereabouts where;
	struct gv_record_refs refs; /* of the snapshots that stand */
};

static const char *
id_at(const struct look *l, size_t i)
{
	return l->refs.refs.refs[i].name + strlen(GV_REFS_SNAPSHOTS);
}

static int64_t
time_of(const char *id)
{
	int64_t t = 0;

	return gv_time_parse_compact(&t, id) == 0 ? t : 0;
}

/* ---- receipts ---- */

static int
add_unknown(struct gv_doctor *d, const struct gv_receipt_chain *chain,
    const char *remote)
{
	struct gv_buf cmd = GV_BUF_INIT;
	char print[GV_KEYRING_PRINT];
	int r;

	gv_audit_signers_print(print, chain->key);
	gv_buf_addstr(&cmd, "git config --add vault.receiptSigner '");
	r = gv_ssh_add_public(&cmd, chain->key);
	gv_buf_addch(&cmd, '\'');
	if (r == 0)
		r = gv_buf_check(&cmd);
	if (r == 0)
		r = gv_doctor_add(d, GV_DOCTOR_NOTE, "receipts_unknown", cmd.p,
		    "the receipts of %s on '%s' are signed by %s, which "
		    "vault.receiptSigner does not name, so nothing is decided "
		    "by them; if that is the key of the server, as who runs it "
		    "says, name it",
		    chain->server, remote, print);
	gv_buf_release(&cmd);
	return r;
}

static int
check_chain(struct gv_doctor *d, const struct gv_receipt_chain *chain,
    const char *remote)
{
	if (chain->trust == GV_RECEIPT_BAD)
		return gv_doctor_add(d, GV_DOCTOR_WARNING, "receipts_forged",
		    NULL,
		    "the newest receipts of %s on '%s' have a signature that "
		    "is not of them: they were changed on their way or there; "
		    "ask who runs it",
		    chain->server, remote);
	if (chain->trust == GV_RECEIPT_UNKNOWN)
		return add_unknown(d, chain, remote);
	if (chain->trust == GV_RECEIPT_UNSIGNED &&
	    !gv_oid_is_zero(&chain->known))
		return gv_doctor_add(d, GV_DOCTOR_WARNING, "receipts_unsigned",
		    NULL,
		    "the newest receipts of %s on '%s' are not signed, as those "
		    "before them are: it has lost its key, or somebody else "
		    "wrote them; ask who runs it",
		    chain->server, remote);
	return 0;
}

static int
check_chains(struct look *l, const struct gv_whereabouts_remote *remote)
{
	const char *line = remote->chains.damaged.p;
	size_t i, n;
	int r = 0;

	for (i = 0; r == 0 && i < remote->chains.n; i++)
		r = check_chain(l->d, &remote->chains.all[i], remote->name);
	for (; r == 0 && *line; line += n + 1) {
		n = strcspn(line, "\n");
		r = gv_doctor_add(l->d, GV_DOCTOR_WARNING, "receipts_damaged",
		    "git fsck", "receipts cannot be read: %.*s", (int)n, line);
	}
	return r;
}

/* ---- one remote ---- */

static int
take_receipt(struct gv_doctor_remote *to, struct gv_whereabouts_remote *remote,
    const char *id, const struct gv_oid *commit)
{
	struct gv_whereabouts_word word;
	int r = gv_whereabouts_ask(&word, remote, id);

	to->damaged += r == GV_ECORRUPT;
	if (r < 0)
		return r == GV_ECORRUPT ? 0 : r;
	to->received = 0;
	if (word.has_receipt && !gv_oid_equal(&word.receipt.commit, commit)) {
		to->others++;
		memcpy(to->other, id, sizeof(to->other));
	} else if (word.has_receipt) {
		to->received = word.receipt.time;
		to->trust = word.trust;
	}
	gv_receipt_release(&word.receipt);
	return 0;
}

/* The last one that is there is the newest, and what is known of its receipt
 * stays. */
static int
count(struct look *l, struct gv_doctor_remote *to,
    struct gv_whereabouts_remote *remote)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < l->refs.refs.n; i++) {
		const struct gv_oid *commit = &l->refs.refs.refs[i].oid;
		const char *id = id_at(l, i);

		if (!gv_record_is_id(id, strlen(id)) ||
		    !gv_whereabouts_has(remote, id, commit))
			continue;
		to->snapshots++;
		memcpy(to->newest, id, sizeof(to->newest));
		r = take_receipt(to, remote, id, commit);
	}
	return r;
}

static int
check_remote(struct look *l, struct gv_whereabouts_remote *remote)
{
	struct gv_doctor_report *report = l->d->report;
	struct gv_doctor_remote *to;
	int r = gv_vec_grow((void **)&report->remotes, &report->cap_remotes,
	    report->n_remotes + 1, sizeof(*to));

	if (r < 0)
		return r;
	to = &report->remotes[report->n_remotes];
	*to = (struct gv_doctor_remote){ .name = strdup(remote->name) };
	if (to->name == NULL)
		return gv_err_nomem();
	report->n_remotes++;
	r = count(l, to, remote);
	if (r == 0 && to->others)
		r = gv_doctor_add(l->d, GV_DOCTOR_WARNING, "receipts_other",
		    "git vault list --json",
		    "%zu receipts of '%s' are of other commits than the "
		    "snapshots here, as of %s: what was received there is not "
		    "what is here now",
		    to->others, to->name, to->other);
	if (r == 0 && to->damaged)
		r = gv_doctor_add(l->d, GV_DOCTOR_WARNING, "receipts_damaged",
		    "git fsck", "%zu receipts of '%s' cannot be read",
		    to->damaged, to->name);
	return r == 0 ? check_chains(l, remote) : r;
}

/* ---- all of them ---- */

/* What was taken today may be on its way. */
static int
check_unsent(struct look *l)
{
	struct gv_buf cmd = GV_BUF_INIT;
	size_t n = l->refs.refs.n, i;
	size_t from = gv_whereabouts_unsent(&l->where, &l->refs.refs);
	const struct gv_whereabouts_remote *unknown =
	    gv_whereabouts_unknown(&l->where);
	char age[GV_TIME_MAX];
	int64_t first;
	int r;

	for (i = 0; i < l->where.n && !l->where.remotes[i].is_vault; i++)
		;
	if (from == n || i == l->where.n)
		return 0;
	first = time_of(id_at(l, from));
	if (l->d->opts->now - first <= A_DAY)
		return 0;
	gv_time_relative(age, first, l->d->opts->now);
	gv_buf_addstr(&cmd, "git vault sync");
	gv_doctor_word(
	    &cmd, "%s", unknown ? unknown->name : l->where.remotes[i].name);
	r = gv_buf_check(&cmd);
	if (r == 0 && unknown)
		r = gv_doctor_add(l->d, GV_DOCTOR_WARNING, "snapshots_unsent",
		    cmd.p,
		    "what '%s' has is not known here, as before a first sync, "
		    "so no remote may have the newest %zu of %zu snapshot%s; "
		    "the first of these was taken %s",
		    unknown->name, n - from, n, n == 1 ? "" : "s", age);
	else if (r == 0)
		r = gv_doctor_add(l->d, GV_DOCTOR_WARNING, "snapshots_unsent",
		    cmd.p,
		    "no remote has the newest %zu of %zu snapshot%s, as far as "
		    "it was last seen; the first of these was taken %s",
		    n - from, n, n == 1 ? "" : "s", age);
	gv_buf_release(&cmd);
	return r;
}

static int
check_all(struct look *l)
{
	size_t i;
	int r = gv_record_refs_load(&l->refs, l->d->repo);

	for (i = 0; r == 0 && i < l->where.n; i++)
		if (l->where.remotes[i].is_vault)
			r = check_remote(l, &l->where.remotes[i]);
	return r == 0 ? check_unsent(l) : r;
}

int
gv_doctor_remotes(struct gv_doctor *d)
{
	struct look l = { .d = d };
	int r = gv_whereabouts_load(&l.where, d->repo, GV_WHEREABOUTS_RECEIPTS);

	/* of a key that is none, and nothing is known then */
	if (r == GV_ECORRUPT || r == GV_EREFUSED || r == GV_ENOTFOUND)
		r = gv_doctor_add(d, GV_DOCTOR_ERROR, "receipt_signer",
		    "git config --get-all vault.receiptSigner", "%s",
		    gv_err_message());
	else if (r == 0)
		r = check_all(&l);
	gv_record_refs_release(&l.refs);
	gv_whereabouts_release(&l.where);
	return r;
}
