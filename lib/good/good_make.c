#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"
#include "base/err.h"
#include "base/time.h"
#include "crypto/identity.h"
#include "crypto/secret.h"
#include "crypto/sign.h"
#include "format/canon.h"
#include "good/good_gather.h"
#include "good/good_mark.h"
#include "object/loose.h"
#include "object/odb.h"
#include "record/good_internal.h"
#include "record/good_rule.h"
#include "record/mark.h"
#include "record/record_resolve.h"
#include "repo/ref.h"
#include "repo/refs.h"
#include "repo/repo.h"
#include "safe/safe_who.h"
#include "state/track.h"
#include "sys/clock.h"
#include "vault/label.h"
#include "vault/ledger.h"
#include "vault/note.h"

/* How often to begin again where another was quicker. */
#define TRIES    20
#define PAUSE_MS 10
#define ABBREV   10

/* What is to become a record. */
struct making {
	struct gv_repo *repo;
	struct gv_good good;
	const struct gv_good_what *what;
	unsigned revoked; /* the number of the record to take back; 0: none */
	struct gv_secret signer;
	bool is_git; /* git's program is to sign it, too */
};

/* ---- what others have said by now --------------------------------------- */

/* A candidate of the same signer goes before theirs, which keeps the order of
 * somebody whose key nobody has listed yet. It vouches for nobody: what names
 * it counts only if all of that signer's does. */
static bool
is_own(const struct making *m, const struct gv_good *one)
{
	unsigned char key[GV_SIGN_PUBLIC];

	if (m->signer.len == 0 || !one->is_candidate || !one->is_signed ||
	    one->who == GV_GOOD_WHO_ELSEWHERE)
		return false;
	gv_sign_public(key, &m->signer);
	return memcmp(key, one->key, sizeof(key)) == 0;
}

/* The good one before. */
static int
set_previous(struct making *m, const struct gv_goods *goods)
{
	struct gv_good *good = &m->good;
	size_t i = goods->n;
	int r;

	memset(&good->previous, 0, sizeof(good->previous));
	while (i > 0) {
		struct gv_good *one = &goods->all[--i];

		if (one->damage || one->revoked ||
		    one->status != GV_GOOD_VERIFIED)
			continue;
		r = gv_good_judge(one, goods->rule, m->repo);
		if (r < 0)
			return r;
		if (one->distrust == NULL || is_own(m, one)) {
			good->previous = one->tag;
			break;
		}
	}
	return 0;
}

/* A commit that was taken back comes in again only by someone's word. */
static int
check_revoked(struct making *m, const struct gv_goods *goods)
{
	struct gv_good *good = &m->good;
	const struct gv_good *by = gv_goods_revoked(goods, good);
	const char *kind = "commit", *id = good->snapshot_id;
	struct gv_buf why = GV_BUF_INIT;
	char hex[GV_OID_HEX + 1];
	int r;

	if (by == NULL)
		return 0;
	if (gv_oid_is_zero(&good->code))
		kind = "snapshot";
	else {
		gv_oid_format(hex, &good->code);
		hex[ABBREV] = '\0';
		id = hex;
	}
	if (good->reason && !m->what->is_return) {
		good->supersedes = by->tag;
		return 0;
	}
	if (!m->what->is_return && gv_oid_equal(&good->supersedes, &by->tag))
		return 0;
	gv_good_add_reason(&why, by->reason);
	if ((r = gv_buf_check(&why)) == 0)
		r = gv_err(GV_EREFUSED,
		    "%s %s was revoked for %s by record %u: %s%s", kind, id,
		    good->env, by->n, why.p,
		    m->what->is_return ? ""
				       : "; if it is good again, say why by "
					 "--reason");
	gv_buf_release(&why);
	return r;
}

static int
is_revoked_already(const struct gv_good *of)
{
	struct gv_buf why = GV_BUF_INIT;
	int r;

	gv_good_add_reason(&why, of->revoked);
	if ((r = gv_buf_check(&why)) == 0)
		r = gv_err(GV_EREFUSED,
		    "record %u of %s is revoked already, by record %u: %s",
		    of->n, of->env, of->revoked_by, why.p);
	gv_buf_release(&why);
	return r;
}

static int
take_from(struct making *m, const struct gv_goods *goods)
{
	struct gv_good *of = gv_goods_find(goods, m->good.env, m->revoked);
	int r;

	if (of == NULL)
		return gv_err(GV_ENOTFOUND,
		    "there is no record %u of %s; to list records: git vault "
		    "good list",
		    m->revoked, m->good.env);
	if (of->damage)
		return gv_err(GV_ECORRUPT, "record %u of %s is damaged: %s",
		    of->n, of->env, of->damage);
	if (of->status == GV_GOOD_REVOKED)
		return gv_err(GV_EREFUSED,
		    "record %u of %s is itself a revocation; to mark again "
		    "what it revoked: git vault good mark --reason TEXT",
		    of->n, of->env);
	if (of->revoked)
		return is_revoked_already(of);
	/* once, also where it has to be tried again */
	r = gv_oid_is_zero(&m->good.target) ? gv_good_gather_from(&m->good, of)
					    : 0;
	memset(&m->good.supersedes, 0, sizeof(m->good.supersedes));
	m->good.revokes = of->tag;
	m->good.revokes_n = of->n;
	return r;
}

/* What a candidate's promotion waited for may have been revoked meanwhile. */
static int
look_again(struct making *m, const struct gv_goods *goods)
{
	int r = m->revoked ? take_from(m, goods) : 0;

	if (r == 0)
		r = set_previous(m, goods);
	return r < 0 || m->revoked ? r : check_revoked(m, goods);
}

/* ---- written ------------------------------------------------------------ */

/*
 * The text of the commit; names are such that nothing has to be escaped:
 *
 *	{"env":"prod","kind":"good","status":"verified","tag":"40 digits",
 *	 "time":"2026-11-21T09:30:00Z"}
 */
static int
add_note(struct gv_ledger_edit *edit, struct gv_good *good)
{
	struct gv_buf line = GV_BUF_INIT;
	struct gv_canon c = { .out = &line };
	char hex[GV_OID_HEX + 1];
	int r;

	if (gv_oid_is_zero(&good->code))
		return 0;
	gv_oid_format(hex, &good->tag);
	gv_canon_map(&c, NULL);
	gv_canon_text(&c, "env", good->env);
	gv_canon_text(&c, "kind", "good");
	gv_canon_text(&c, "status", gv_good_statuses[good->status]);
	gv_canon_text(&c, "tag", hex);
	gv_canon_time(&c, "time", good->time);
	gv_canon_end(&c);
	if ((r = gv_buf_check(&line)) == 0)
		r = gv_note_add(edit, &good->code, line.p);
	/* no record, and least a revocation, hangs on what others have noted */
	if (r == GV_EREFUSED || r == GV_ECORRUPT || r == GV_ENOTFOUND)
		r = gv_good_copy(good, &good->unnoted, gv_err_message());
	gv_buf_release(&line);
	return r < 0 ? r : 0;
}

/* A key that nobody unlocks at the moment keeps nothing from a record that
 * nobody sits before. */
static int
sign_by_git(struct making *m, struct gv_buf *text)
{
	struct gv_good *good = &m->good;
	int r = gv_gitsign_add(text, m->repo, m->what->sign_key);

	good->has_git = r == 0;
	if (r < 0 && r != GV_ENOMEM && r != GV_ECANCELED &&
	    m->what->sign == GV_GOOD_SIGN_IF_CAN)
		r = gv_good_copy(good, &good->ungit, gv_err_message());
	return r;
}

/* The tag is a file of its own: a fold does not take a pack with a tag for a
 * vault's, and there would be one more with each record. */
static int
write_tag(struct making *m, struct gv_ledger_edit *edit)
{
	static const struct gv_oid none;
	struct gv_buf text = GV_BUF_INIT, ref = GV_BUF_INIT;
	struct gv_good *good = &m->good;
	int r;

	if ((r = gv_good_format(good)) < 0)
		goto out;
	r = gv_good_tag_format(
	    &text, good, m->repo, m->signer.len ? &m->signer : NULL);
	if (r < 0)
		goto out;
	if (m->is_git && (r = sign_by_git(m, &text)) < 0)
		goto out;
	r = gv_loose_write(&good->tag, m->repo, GV_OTYPE_TAG, text.p, text.len);
	gv_buf_addf(&ref, GV_REFS_GOOD "%s/%u", good->env, good->n);
	if (r < 0 || (r = gv_buf_check(&ref)) < 0)
		goto out;
	gv_ledger_move(edit, ref.p, &good->tag, &none);
	r = add_note(edit, good);
out:
	gv_buf_release(&text);
	gv_buf_release(&ref);
	return r;
}

/* Behind all others, or where somebody has taken the last one, the highest that
 * is free: what it names says where it stands. */
static int
next_number(unsigned *out, const struct gv_goods *goods, const char *env)
{
	unsigned n = 0;
	size_t i;

	for (i = 0; i < goods->n; i++)
		n = goods->all[i].n > n ? goods->all[i].n : n;
	if (n < GV_GOOD_HIGHEST)
		n++;
	while (n > 0 && gv_goods_find(goods, env, n))
		n--;
	*out = n;
	return n
	    ? 0
	    : gv_err(GV_EREFUSED, "no number is left for a record of %s", env);
}

static int
try_once(struct making *m)
{
	struct gv_ledger_edit edit = { 0 };
	struct gv_goods goods;
	int r = gv_goods_load(&goods, m->repo, m->good.env);

	if (r < 0)
		return r;
	if ((r = next_number(&m->good.n, &goods, m->good.env)) == 0)
		r = look_again(m, &goods);
	gv_goods_release(&goods);
	if (r < 0)
		return r;
	if ((r = gv_ledger_begin(&edit, m->repo, m->good.time)) == 0 &&
	    (r = write_tag(m, &edit)) == 0)
		r = gv_ledger_publish(&edit);
	gv_ledger_end(&edit);
	return r;
}

static int
write_record(struct making *m)
{
	unsigned mask = gv_repo_share(m->repo);
	int i, r = 0;

	for (i = 0; i < TRIES; i++) {
		r = try_once(m);
		if (r != GV_EEXISTS)
			break;
		gv_clock_sleep(PAUSE_MS * (i + 1));
		r = i + 1 < TRIES
		    ? gv_odb_refresh(m->repo->odb)
		    : gv_err(GV_ELOCKED,
			  "others mark %s at the same time, again and again: "
			  "try once more",
			  m->good.env);
		if (r < 0)
			break;
	}
	gv_repo_unshare(mask);
	return r;
}

/* ---- what it keeps ------------------------------------------------------ */

static const char pin_reason[] = "known-good: "; /* and the environment */

/* Its snapshot is kept from retention while it is good. That it cannot be
 * pinned is no failure of the record, which stands. */
static int
keep_snapshot(struct making *m)
{
	struct gv_buf why = GV_BUF_INIT;
	struct gv_record rec = { 0 };
	struct gv_good *good = &m->good;
	const char *id = good->snapshot_id;
	int r;

	if (id == NULL || good->status != GV_GOOD_VERIFIED)
		return 0;
	gv_buf_addf(&why, "%s%s", pin_reason, good->env);
	if ((r = gv_buf_check(&why)) == 0)
		r = gv_record_resolve(
		    &rec, m->repo, &(struct gv_record_query){ .text = id });
	if (r == 0 && !rec.pinned)
		r = gv_mark_pin(m->repo, &id, 1, why.p, good->time);
	if (r < 0 && r != GV_ENOMEM)
		r = gv_good_copy(good, &good->unpinned, gv_err_message());
	gv_record_release(&rec);
	gv_buf_release(&why);
	return r;
}

/* Whether something else is still good by it. */
static int
is_kept(bool *out, struct gv_repo *repo, const char *id)
{
	struct gv_goods goods;
	size_t i;
	int r = gv_goods_load(&goods, repo, NULL);

	*out = false;
	for (i = 0; r == 0 && i < goods.n; i++) {
		const struct gv_good *one = &goods.all[i];

		if (one->damage == NULL && one->revoked == NULL &&
		    one->status == GV_GOOD_VERIFIED && one->snapshot_id &&
		    strcmp(one->snapshot_id, id) == 0)
			*out = true;
	}
	if (r == 0)
		gv_goods_release(&goods);
	return r;
}

/* The pin that a record has set, of whatever environment, goes with the last of
 * them, and no other pin does. */
static int
let_go(struct making *m)
{
	struct gv_record rec = { 0 };
	struct gv_good *good = &m->good;
	const char *id = good->snapshot_id;
	bool kept = false;
	int r;

	if (id == NULL)
		return 0;
	if ((r = gv_record_resolve(
		 &rec, m->repo, &(struct gv_record_query){ .text = id })) < 0)
		goto out;
	if (rec.pinned && rec.pin_reason &&
	    strncmp(rec.pin_reason, pin_reason, sizeof(pin_reason) - 1) == 0) {
		if ((r = is_kept(&kept, m->repo, id)) < 0)
			goto out;
		if (!kept)
			r = gv_mark_unpin(m->repo, &id, 1, good->time);
	}
out:
	gv_record_release(&rec);
	/* what stays pinned costs room, and nothing else */
	return r == GV_ENOMEM ? r : 0;
}

/* ---- told --------------------------------------------------------------- */

/* What may be deployed is changed by it, so the audit chain has it, and says
 * which record: one that was taken away again is missed by that. The record
 * stands, whatever becomes of the event. */
static int
tell(struct making *m)
{
	struct gv_good *good = &m->good;
	struct gv_audit_event e = { .time = good->time,
		.scopes = &good->env,
		.n_scopes = 1,
		.snapshot = good->snapshot_id,
		.result = GV_AUDIT_DONE,
		.reason = m->what->reason,
		.is_done = true,
		.signer = m->signer.len ? &m->signer : NULL };
	struct gv_buf record = GV_BUF_INIT;
	int r;

	e.what = m->revoked                   ? GV_AUDIT_GOOD_REVOKE
	    : gv_oid_is_zero(&good->promotes) ? GV_AUDIT_GOOD_MARK
					      : GV_AUDIT_GOOD_PROMOTE;
	gv_buf_addf(&record, GV_REFS_GOOD "%s/%u", good->env, good->n);
	e.target = record.p;
	if ((r = gv_buf_check(&record)) == 0)
		r = gv_audit_add(m->repo, &e);
	if (r < 0 && r != GV_ENOMEM) {
		(void)gv_audit_wait(m->repo, &e, r);
		r = gv_good_copy(good, &good->untold, gv_err_message());
	}
	gv_buf_release(&record);
	return r;
}

/* ---- begun -------------------------------------------------------------- */

/* What git would do with a tag, if nothing else is said. */
static bool
is_git_signed(const struct making *m)
{
	const struct gv_config *config = &m->repo->config;

	if (m->what->sign == GV_GOOD_SIGN_YES ||
	    m->what->sign == GV_GOOD_SIGN_NO)
		return m->what->sign == GV_GOOD_SIGN_YES;
	return gv_config_bool(config, "vault.signgood",
	    gv_config_bool(config, "tag.gpgsign", false));
}

/* Who names an identity to make a record wants its signature; one that is made
 * unasked, such as of a rollback, does without. */
static int
find_signer(struct making *m, struct gv_safe *safe)
{
	if (m->what->sign != GV_GOOD_SIGN_IF_CAN)
		return gv_safe_signer_as_named(&m->signer, safe);
	gv_safe_signer(&m->signer, safe, false);
	return 0;
}

static int
begin(struct making *m, struct gv_safe *safe)
{
	int r = gv_label_check("environment", m->what->env);

	if (r == 0 && (r = gv_repo_check_writable(m->repo)) == 0 &&
	    (r = gv_good_gather(&m->good, m->repo, safe, m->what)) == 0)
		r = find_signer(m, safe);
	m->is_git = is_git_signed(m);
	return r;
}

/* Tell the user where the policy does not accept their record. The record
 * stays, whatever the answer is. */
static int
judge_own(struct making *m)
{
	struct gv_good_rule *rule = NULL;
	struct gv_good *good = &m->good;
	int r = gv_good_rule_load(&rule, m->repo);

	if (r == 0)
		r = gv_good_judge(good, rule, m->repo);
	if (r == GV_EREFUSED || r == GV_ERROR || r == GV_ECORRUPT)
		r = gv_good_copy(good, &good->distrust, gv_err_message());
	gv_good_rule_free(rule);
	return r;
}

static int
finish(struct making *m, struct gv_good *out, int r)
{
	gv_secret_release(&m->signer);
	if (r == 0)
		*out = m->good;
	else
		gv_good_release(&m->good);
	return r;
}

static int
add_checks(struct gv_good *good, const struct gv_good_what *what)
{
	size_t i;
	int r = 0;

	if (what->n_checks == 0)
		return 0;
	good->checks = gv_arena_alloc(
	    &good->arena, what->n_checks * sizeof(*good->checks));
	if (good->checks == NULL)
		return gv_err_nomem();
	for (i = 0; r == 0 && i < what->n_checks; i++) {
		struct gv_good_check *one = &good->checks[good->n_checks++];

		one->passed = what->checks[i].passed;
		if ((r = gv_good_copy(
			 good, &one->name, what->checks[i].name)) == 0)
			r = gv_good_copy(
			    good, &one->detail, what->checks[i].detail);
	}
	return r;
}

int
gv_good_mark(struct gv_good *out, struct gv_repo *repo, struct gv_safe *safe,
    const struct gv_good_what *what)
{
	struct making m = { .repo = repo,
		.good = GV_GOOD_INIT,
		.what = what,
		.signer = GV_SECRET_INIT };
	int r;

	if ((r = begin(&m, safe)) < 0)
		goto out;
	if (what->of && what->is_return) {
		r = gv_good_gather_return(&m.good, what);
	} else if (what->of) {
		r = gv_good_gather_from(&m.good, what->of);
		m.good.promotes = what->of->tag;
		/* nobody's reason overrules a revocation */
		if (what->of->is_candidate)
			memset(
			    &m.good.supersedes, 0, sizeof(m.good.supersedes));
	} else {
		if ((r = gv_good_gather_subject(&m.good, repo, what)) == 0 &&
		    what->images)
			r = gv_good_gather_images(&m.good, repo, what->images);
	}
	if (r < 0 || (r = add_checks(&m.good, what)) < 0 ||
	    (r = write_record(&m)) < 0 || (r = tell(&m)) < 0 ||
	    (r = keep_snapshot(&m)) < 0)
		goto out;
	r = judge_own(&m);
out:
	return finish(&m, out, r);
}

int
gv_good_revoke(struct gv_good *out, struct gv_repo *repo, struct gv_safe *safe,
    const struct gv_good_back *back)
{
	const struct gv_good_what what = { .env = back->env,
		.status = GV_GOOD_REVOKED,
		.reason = back->reason,
		.now = back->now,
		.sign = back->sign,
		.sign_key = back->sign_key };
	struct making m = { .repo = repo,
		.good = GV_GOOD_INIT,
		.what = &what,
		.revoked = back->n,
		.signer = GV_SECRET_INIT };
	int r = begin(&m, safe);

	if (r == 0 && (r = write_record(&m)) == 0 && (r = tell(&m)) == 0 &&
	    (r = let_go(&m)) == 0)
		r = judge_own(&m);
	return finish(&m, out, r);
}
