#include "record/good.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/map.h"
#include "base/path.h"
#include "base/vec.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "record/good_internal.h"
#include "record/good_rule.h"
#include "record/record_near.h"
#include "record/record_resolve.h"
#include "repo/ref.h"
#include "repo/refs.h"
#include "repo/repo.h"
#include "vault/label.h"

#define ABBREV 10

void
gv_good_release(struct gv_good *good)
{
	if (good == NULL)
		return;
	gv_buf_release(&good->statement);
	gv_buf_release(&good->envelope);
	gv_gitsign_release(&good->git);
	gv_arena_release(&good->arena);
	*good = (struct gv_good)GV_GOOD_INIT;
}

void
gv_goods_release(struct gv_goods *goods)
{
	size_t i;

	if (goods == NULL)
		return;
	for (i = 0; i < goods->n; i++)
		gv_good_release(&goods->all[i]);
	free(goods->all);
	gv_good_rule_free(goods->rule);
	memset(goods, 0, sizeof(*goods));
}

/* ---- read --------------------------------------------------------------- */

/* The number that a ref ends with; 0 for another name. */
static unsigned
number_of(const char *name)
{
	unsigned long n;

	if (*name < '1' || *name > '9' || strlen(name) > 9 ||
	    name[strspn(name, "0123456789")] != '\0')
		return 0;
	n = strtoul(name, NULL, 10);
	return (unsigned)n;
}

/* Read a record that stands under the name of good->env, which it sets. */
static int
read_tag(struct gv_good *good, struct gv_odb *odb)
{
	struct gv_object obj = { 0 };
	int r = gv_odb_read_type(odb, &obj, &good->tag, GV_OTYPE_TAG);
	const char *env = good->env;

	if (r == 0 && (r = gv_good_tag_parse(good, obj.data, obj.len)) == 0 &&
	    strcmp(good->env, env) != 0)
		r = gv_err(GV_ECORRUPT,
		    "it is stored among those of another environment");
	if (r < 0)
		good->env = env;
	gv_object_release(&obj);
	return r;
}

/* Set the number and the environment that a ref says: 1, or 0 where it is the
 * name of no record. */
static int
read_name(struct gv_good *good, const char *ref)
{
	const char *env = ref + strlen(GV_REFS_GOOD);
	const char *slash = strchr(env, '/');

	if (slash == NULL || (good->n = number_of(slash + 1)) == 0)
		return 0;
	good->env = gv_arena_copy(&good->arena, env, (size_t)(slash - env));
	return good->env ? 1 : gv_err_nomem();
}

int
gv_good_check_tag(struct gv_odb *odb, const char *ref, const struct gv_oid *tag)
{
	struct gv_good good = GV_GOOD_INIT;
	int r = read_name(&good, ref);

	good.tag = *tag;
	if (r == 0)
		r = gv_err(GV_ECORRUPT,
		    "a record is called " GV_REFS_GOOD "ENV/NUMBER");
	else if (r > 0)
		r = read_tag(&good, odb);
	gv_good_release(&good);
	return r == GV_EREFUSED ? 0 : r;
}

/* The record says what is damaged, the result says all else; what else stands
 * there is not judged here. */
static int
add(struct gv_goods *out, struct gv_odb *odb, const struct gv_ref *ref)
{
	struct gv_good good = GV_GOOD_INIT;
	int r = read_name(&good, ref->name);

	if (r <= 0)
		return r;
	good.tag = ref->oid;
	good.at = (uint64_t)good.n << 32;
	r = read_tag(&good, odb);
	if (r == GV_ECORRUPT || r == GV_ENOTFOUND || r == GV_EREFUSED)
		r = gv_good_copy(&good, &good.damage, gv_err_message());
	if (r == 0 && (r = GV_GROW(out->all, out->n, out->cap)) == 0)
		out->all[out->n++] = good;
	else
		gv_good_release(&good);
	return r;
}

/* ---- who revokes whom --------------------------------------------------- */

/* Of a commit, or where a record is of none, of its snapshot. */
static bool
is_of(const struct gv_good *a, const struct gv_good *b)
{
	if (gv_oid_is_zero(&a->code) || gv_oid_is_zero(&b->code))
		return gv_oid_equal(&a->target, &b->target);
	return gv_oid_equal(&a->code, &b->code);
}

/* Whether it names the revocation, or one that came later, so that who made it
 * knew. */
static bool
knows(const struct gv_good *good, const struct gv_good *revocation)
{
	return good->over >= revocation->at;
}

/* Whether it says of what was revoked that it is good again. That takes a
 * record that counts. */
static bool
overrules(const struct gv_good *good, const struct gv_good *revocation)
{
	return good->damage == NULL && good->distrust == NULL &&
	    good->status == GV_GOOD_VERIFIED && good->at > revocation->at &&
	    knows(good, revocation) &&
	    strcmp(good->env, revocation->env) == 0 && is_of(good, revocation);
}

/* One that nobody signed whose word decides is a request, and takes nothing
 * back. */
static bool
is_revocation(const struct gv_good *good)
{
	return good->damage == NULL && good->status == GV_GOOD_REVOKED &&
	    !good->is_candidate;
}

/* From where on what it revokes had been found good again. */
static uint64_t
overruled_at(const struct gv_goods *goods, const struct gv_good *by)
{
	uint64_t at = UINT64_MAX;
	size_t i;

	for (i = 0; i < goods->n; i++)
		if (goods->all[i].at < at && overrules(&goods->all[i], by))
			at = goods->all[i].at;
	return at;
}

static void
set_revoked(struct gv_goods *goods, const struct gv_good *by)
{
	const uint64_t until = overruled_at(goods, by);
	size_t i;

	for (i = 0; i < goods->n; i++) {
		struct gv_good *one = &goods->all[i];

		if (one->damage || one->status == GV_GOOD_REVOKED ||
		    strcmp(one->env, by->env) != 0 || !is_of(one, by))
			continue;
		/* it came when that had been found, or says so itself */
		if (one->at >= by->at && (one->at > until || knows(one, by)))
			continue;
		one->revoked = by->reason ? by->reason : "";
		one->revoked_by = by->n;
	}
}

/* Those that take back or overrule another; all else is judged when it is asked
 * for. */
static int
judge_some(struct gv_goods *goods, struct gv_repo *repo)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < goods->n; i++)
		if (!gv_oid_is_zero(&goods->all[i].supersedes) ||
		    goods->all[i].status == GV_GOOD_REVOKED)
			r = gv_good_judge(&goods->all[i], goods->rule, repo);
	return r;
}

static void
vouch(struct gv_goods *goods, const struct gv_good *by)
{
	const struct gv_oid *const tags[] = { &by->previous, &by->promotes,
		&by->supersedes };
	size_t i, k;

	for (k = 0; k < sizeof(tags) / sizeof(tags[0]); k++)
		for (i = 0; !gv_oid_is_zero(tags[k]) && i < goods->n; i++)
			if (gv_oid_equal(&goods->all[i].tag, tags[k]) &&
			    strcmp(goods->all[i].env, by->env) == 0)
				goods->all[i].is_vouched = true;
}

/* The word of somebody who left the keyring counts where a record that counts
 * names theirs by its tag: it was there before. So does one that was signed
 * under the keyring that a clone had before it adopted this one. Records stand
 * behind those that they name, so from the newest back each is met after all
 * that may name it. */
static int
vouch_all(struct gv_goods *goods, struct gv_repo *repo)
{
	bool has_such = false;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && !has_such && i < goods->n; i++)
		r = gv_good_rule_needs_word(
		    &has_such, goods->rule, repo, &goods->all[i]);
	for (i = goods->n; r == 0 && has_such && i > 0; i--) {
		struct gv_good *one = &goods->all[i - 1];

		r = gv_good_judge(one, goods->rule, repo);
		if (r == 0 && one->damage == NULL && one->distrust == NULL)
			vouch(goods, one);
	}
	return r;
}

int
gv_goods_load(struct gv_goods *out, struct gv_repo *repo, const char *env)
{
	struct gv_buf prefix = GV_BUF_INIT;
	struct gv_goods goods = { .n = 0 };
	struct gv_refs refs = { 0 };
	struct gv_odb *odb;
	size_t i;
	int r = env ? gv_label_check("environment", env) : 0;

	memset(out, 0, sizeof(*out));
	if (r < 0)
		return r;
	gv_buf_addf(
	    &prefix, GV_REFS_GOOD "%s%s", env ? env : "", env ? "/" : "");
	if ((r = gv_buf_check(&prefix)) == 0 &&
	    (r = gv_ref_list(&refs, repo, prefix.p)) == 0)
		r = gv_repo_odb(repo, &odb);
	for (i = 0; r == 0 && i < refs.n; i++)
		r = add(&goods, odb, &refs.refs[i]);
	if (r == 0 && (r = gv_goods_order(&goods)) == 0 &&
	    (r = gv_good_rule_load(&goods.rule, repo)) == 0 &&
	    (r = vouch_all(&goods, repo)) == 0)
		r = judge_some(&goods, repo);
	for (i = 0; r == 0 && i < goods.n; i++)
		if (is_revocation(&goods.all[i]))
			set_revoked(&goods, &goods.all[i]);
	if (r == 0)
		*out = goods;
	else
		gv_goods_release(&goods);
	gv_refs_release(&refs);
	gv_buf_release(&prefix);
	return r;
}

struct gv_good *
gv_goods_find(const struct gv_goods *goods, const char *env, unsigned n)
{
	size_t i;

	for (i = 0; i < goods->n; i++)
		if (goods->all[i].n == n && strcmp(goods->all[i].env, env) == 0)
			return &goods->all[i];
	return NULL;
}

const struct gv_good *
gv_goods_find_tag(const struct gv_goods *goods, const struct gv_oid *tag)
{
	size_t i;

	for (i = 0; i < goods->n; i++)
		if (gv_oid_equal(&goods->all[i].tag, tag))
			return &goods->all[i];
	return NULL;
}

const struct gv_good *
gv_goods_revoked(const struct gv_goods *goods, const struct gv_good *of)
{
	const struct gv_good *by = NULL;
	size_t i;

	for (i = 0; i < goods->n; i++) {
		const struct gv_good *one = &goods->all[i];

		if (by && overrules(one, by))
			by = NULL;
		else if (is_revocation(one) && strcmp(one->env, of->env) == 0 &&
		    is_of(one, of))
			by = one;
	}
	return by;
}

void
gv_good_add_reason(struct gv_buf *out, const char *reason)
{
	const char *p;

	for (p = reason ? reason : ""; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			gv_buf_addf(out, "\\%03o", (unsigned)*p);
		else
			gv_buf_addch(out, *p);
}

int
gv_good_is_revoked(bool *out, struct gv_buf *why, struct gv_repo *repo,
    const char *env, const struct gv_oid *commit)
{
	const struct gv_good of = {
		.env = env, .code = *commit, .target = *commit
	};
	struct gv_goods goods;
	const struct gv_good *by;
	char hex[GV_OID_HEX + 1];
	int r = gv_goods_load(&goods, repo, env);

	if (r < 0)
		return r;
	by = gv_goods_revoked(&goods, &of);
	gv_oid_format(hex, commit);
	if (by && why) {
		gv_buf_addf(why,
		    "commit %.*s was revoked for %s by record %u: ", ABBREV,
		    hex, env, by->n);
		gv_good_add_reason(why, by->reason);
	}
	*out = by != NULL;
	gv_goods_release(&goods);
	return 0;
}

/* ---- one of them -------------------------------------------------------- */

static void
take(struct gv_good *out, struct gv_goods *goods, struct gv_good *one)
{
	*out = *one;
	*one = (struct gv_good)GV_GOOD_INIT;
	/* who revoked it was another's text, that goes with the list */
	if (out->revoked && gv_good_copy(out, &out->revoked, out->revoked) < 0)
		out->revoked = "";
	gv_goods_release(goods);
}

int
gv_good_load(
    struct gv_good *out, struct gv_repo *repo, const char *env, unsigned n)
{
	struct gv_goods goods;
	struct gv_good *one;
	int r = gv_goods_load(&goods, repo, env);

	if (r < 0)
		return r;
	one = gv_goods_find(&goods, env, n);
	if (one && one->damage == NULL) {
		if ((r = gv_good_judge(one, goods.rule, repo)) == 0)
			take(out, &goods, one);
		gv_goods_release(&goods);
		return r;
	}
	r = one ? gv_err(GV_ECORRUPT, "record %u of %s is damaged: %s", n, env,
		      one->damage)
		: gv_err(GV_ENOTFOUND,
		      "there is no record %u of %s; to list records: git vault "
		      "good list",
		      n, env);
	gv_goods_release(&goods);
	return r;
}

/* "ENV", "ENV~", "ENV~N". */
static int
parse(struct gv_buf *env, unsigned long *back, const char *text)
{
	size_t n = strcspn(text, "~");
	const char *p = text + n;

	*back = 0;
	if (*p == '~') {
		p++;
		if (strlen(p) > 9 || p[strspn(p, "0123456789")] != '\0')
			return gv_err(GV_EUSAGE,
			    "'good:%.64s' is invalid: a number must follow '~'",
			    text);
		*back = *p ? strtoul(p, NULL, 10) : 1;
	}
	gv_buf_add(env, text, n);
	return gv_buf_check(env);
}

int
gv_good_snapshot(
    struct gv_record *rec, struct gv_repo *repo, const struct gv_good *good)
{
	char is[GV_OID_HEX + 1], was[GV_OID_HEX + 1];
	int r;

	memset(rec, 0, sizeof(*rec));
	if (good->snapshot_id == NULL)
		return 0;
	r = gv_record_resolve(
	    rec, repo, &(struct gv_record_query){ .text = good->snapshot_id });
	if (r < 0 || gv_oid_equal(&rec->commit, &good->snapshot))
		return r;
	gv_oid_format(is, &rec->commit);
	gv_oid_format(was, &good->snapshot);
	gv_record_release(rec);
	memset(rec, 0, sizeof(*rec));
	return gv_err(GV_ECORRUPT,
	    "record %u of %s names snapshot %s as commit %.*s, but its ref is "
	    "now at %.*s: it was purged there, or somebody moved it",
	    good->n, good->env, good->snapshot_id, ABBREV, was, ABBREV, is);
}

int
gv_good_seek(struct gv_good *good, struct gv_repo *repo)
{
	struct gv_record rec;
	int r;

	/* what is taken back is not gone back to */
	if (good->damage || good->status == GV_GOOD_REVOKED)
		return 0;
	if ((r = gv_good_snapshot(&rec, repo, good)) == 0)
		gv_record_release(&rec);
	if (r == GV_ENOTFOUND)
		return gv_good_copy(good, &good->lost,
		    "its snapshot is not here, so none of its files goes back");
	return r == GV_ECORRUPT
	    ? gv_good_copy(good, &good->lost, gv_err_message())
	    : r;
}

/* Whether its snapshot is there: 1; 0 where it is of none that is. */
static int
load_snapshot(
    struct gv_record *rec, struct gv_repo *repo, const struct gv_good *good)
{
	int r = gv_good_snapshot(rec, repo, good);

	if (r == GV_ENOTFOUND || r == GV_ECORRUPT)
		return 0;
	return r < 0 ? r : 1;
}

/* How many there are that were not taken, and why. */
struct passed {
	unsigned damaged, lost, revoked, candidates, verified, distrusted;
	unsigned candidate;     /* the newest */
	struct gv_buf distrust; /* why the newest of these is passed over */
	struct gv_map said;     /* by the verified ones */
};

static bool
is_sought(struct passed *p, const struct gv_good *good)
{
	if (good->damage)
		p->damaged++;
	else if (good->status == GV_GOOD_REVOKED)
		return false;
	else if (good->revoked)
		p->revoked++;
	else if (good->status == GV_GOOD_VERIFIED)
		return true;
	else if (p->candidates++ == 0)
		p->candidate = good->n;
	return false;
}

/* Whether a tag more says what one has said that was counted: each such would
 * put those before it one further away. */
static bool
is_said(const struct passed *p, const struct gv_good *good)
{
	return gv_map_get(&p->said, good->statement.p, good->statement.len);
}

/* Append the environment with records that was probably meant. */
static int
add_near(struct gv_buf *out, struct gv_repo *repo, const char *env)
{
	struct gv_buf typed = GV_BUF_INIT, near = GV_BUF_INIT;
	int r;

	gv_buf_addf(&typed, "good:%s", env);
	if ((r = gv_buf_check(&typed)) == 0 &&
	    (r = gv_record_near(&near, repo, typed.p)) == 0 && near.len)
		gv_buf_addf(
		    out, "; did you mean '%s'?", near.p + strlen("good:"));
	gv_buf_release(&typed);
	gv_buf_release(&near);
	return r;
}

static int
none(const struct passed *p, struct gv_repo *repo, const char *env,
    unsigned long back)
{
	struct gv_buf why = GV_BUF_INIT;
	int r;

	if (p->verified)
		gv_buf_addf(&why, "; there are %u, so ~%u is the oldest",
		    p->verified, p->verified - 1);
	if (p->candidates)
		gv_buf_addf(&why,
		    "; record %u is a candidate, 'git vault good verify %s' "
		    "makes it one",
		    p->candidate, env);
	if (p->revoked)
		gv_buf_addf(&why, "; revoked: %u", p->revoked);
	if (p->damaged)
		gv_buf_addf(&why, "; damaged: %u", p->damaged);
	if (p->distrusted)
		gv_buf_addf(&why,
		    "; not trusted: %u, the newest since %s; to check and "
		    "sign the newest: git vault good verify %s",
		    p->distrusted, p->distrust.p, env);
	if (p->lost)
		gv_buf_addf(&why, "; without their snapshot: %u", p->lost);
	if (why.len == 0 && (r = add_near(&why, repo, env)) < 0)
		goto out;
	if (why.len == 0)
		gv_buf_addf(&why,
		    "; to record what is deployed: git vault good mark %s",
		    env);
	if ((r = gv_buf_check(&why)) < 0)
		goto out;
	if (back)
		r = gv_err(GV_ENOTFOUND,
		    "no known-good record is 'good:%s~%lu'%s", env, back,
		    why.p);
	else
		r = gv_err(
		    GV_ENOTFOUND, "%s has no known-good record%s", env, why.p);
out:
	gv_buf_release(&why);
	return r;
}

/* Whether the policy trusts it: 1; 0 where not. */
static int
check_trust(struct passed *p, struct gv_repo *repo, struct gv_good *good,
    struct gv_good_rule *rule)
{
	int r = gv_good_judge(good, rule, repo);

	if (r < 0 || good->distrust == NULL)
		return r < 0 ? r : 1;
	if (p->distrusted++ == 0)
		gv_buf_addstr(&p->distrust, good->distrust);
	return gv_buf_check(&p->distrust);
}

/* The place of the one that is meant, or -1. */
static int
seek(struct gv_good **found, struct gv_record *rec, struct gv_repo *repo,
    const struct gv_goods *goods, unsigned long back, struct passed *p)
{
	size_t i = goods->n;
	int r;

	*found = NULL;
	while (i > 0) {
		struct gv_good *one = &goods->all[--i];

		if (!is_sought(p, one))
			continue;
		r = check_trust(p, repo, one, goods->rule);
		if (r == 0 || (r > 0 && is_said(p, one)))
			continue;
		if (r > 0)
			r = load_snapshot(rec, repo, one);
		if (r < 0)
			return r;
		if (r == 0) {
			p->lost++;
			continue;
		}
		if (p->verified++ == back) {
			*found = one;
			return 0;
		}
		gv_record_release(rec);
		r = gv_map_put(
		    &p->said, one->statement.p, one->statement.len, one);
		if (r < 0)
			return r;
	}
	return 0;
}

int
gv_good_resolve(struct gv_good *out, struct gv_record *rec,
    struct gv_repo *repo, const char *text)
{
	struct gv_goods goods = { .n = 0 };
	struct gv_buf env = GV_BUF_INIT;
	struct gv_record snapshot = { 0 };
	struct gv_good *found = NULL;
	struct passed p = { .distrust = GV_BUF_INIT, .said = GV_MAP_INIT };
	unsigned long back;
	int r;

	if ((r = parse(&env, &back, text)) < 0 ||
	    (r = gv_goods_load(&goods, repo, env.p)) < 0 ||
	    (r = seek(&found, &snapshot, repo, &goods, back, &p)) != 0)
		goto out;
	if (found == NULL && (r = none(&p, repo, env.p, back)) < 0)
		goto out;
	if (found) {
		take(out, &goods, found);
		if (rec)
			*rec = snapshot;
		else
			gv_record_release(&snapshot);
	}
out:
	gv_map_release(&p.said);
	gv_goods_release(&goods);
	gv_buf_release(&p.distrust);
	gv_buf_release(&env);
	return r;
}
