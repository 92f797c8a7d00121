#include "record/good_rule.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/enc.h"
#include "base/err.h"
#include "base/time.h"
#include "base/vec.h"
#include "crypto/ssh.h"
#include "key/keyring_store.h"
#include "policy/team.h"
#include "record/good_internal.h"
#include "record/good_standing.h"
#include "repo/hash.h"
#include "repo/repo.h"

/* A key that an earlier version of the keyring listed. */
struct former {
	char print[GV_KEYRING_PRINT];
	const char *name;
	enum gv_keyring_role role;
	const char *voice; /* gv_keyring_voice() */
	int64_t until;     /* when the version that dropped it was signed */
};

struct gv_good_rule {
	struct gv_policy policy;
	char *broken; /* why it cannot be read; NULL */
	struct gv_keyring_kept kept;
	char *unbelieved; /* why the keyring is not believed; NULL */
	bool is_sought, has_keyring;
	struct former *formers; /* the most recently listed first */
	size_t n_formers, cap_formers;
	bool is_walked;
	int64_t newer; /* while walking: the time of the version above */
	struct gv_arena arena;
};

int
gv_good_rule_load(struct gv_good_rule **out, struct gv_repo *repo)
{
	struct gv_good_rule *rule = calloc(1, sizeof(*rule));
	int r = rule ? gv_team_load(&rule->policy, repo) : gv_err_nomem();

	*out = NULL;
	if (rule)
		rule->arena = (struct gv_arena)GV_ARENA_INIT;
	if (r == GV_EREFUSED) {
		rule->broken = strdup(gv_err_message());
		r = rule->broken ? 0 : gv_err_nomem();
	}
	if (r == 0)
		*out = rule;
	else
		gv_good_rule_free(rule);
	return r;
}

void
gv_good_rule_free(struct gv_good_rule *rule)
{
	if (rule == NULL)
		return;
	gv_policy_release(&rule->policy);
	gv_keyring_kept_release(&rule->kept);
	free(rule->broken);
	free(rule->unbelieved);
	free(rule->formers);
	gv_arena_release(&rule->arena);
	free(rule);
}

int
gv_good_rule_check(const struct gv_good_rule *rule)
{
	return rule->broken ? gv_err(GV_EREFUSED, "%s", rule->broken) : 0;
}

/* ---- keys --------------------------------------------------------------- */

/* A keyring that cannot be believed is no failure: records are listed, and
 * nobody's word counts. */
static int
find_keyring(struct gv_good_rule *rule, struct gv_repo *repo)
{
	char *before;
	int r;

	if (rule->is_sought)
		return 0;
	before = gv_err_save();
	r = gv_keyring_load(&rule->kept, repo);
	rule->has_keyring = r == 0;
	if (r == GV_EREFUSED || r == GV_ECORRUPT || r == GV_ERROR) {
		rule->unbelieved = strdup(gv_err_message());
		r = rule->unbelieved ? 0 : gv_err_nomem();
	}
	if (r < 0 && r != GV_ENOTFOUND) {
		free(before);
		return r;
	}
	gv_err_restore(before);
	rule->is_sought = true;
	return 0;
}

/* The fingerprint of a key of ssh of any kind, by its line; "" for none. */
static void
print_line(char out[GV_KEYRING_PRINT], const char *line)
{
	const char *digits = line + strcspn(line, " ");
	struct gv_buf wire = GV_BUF_INIT;
	unsigned char sum[GV_KEYRING_DIGEST];
	struct gv_hash_sha256 hash;

	*out = '\0';
	digits += strspn(digits, " ");
	if (gv_enc_unbase64(&wire, digits, strcspn(digits, " ")) == 0 &&
	    wire.len) {
		gv_hash_sha256_init(&hash);
		gv_hash_sha256_update(&hash, wire.p, wire.len);
		gv_hash_sha256_finish(&hash, sum);
		gv_keyring_print(out, sum);
	}
	gv_buf_release(&wire);
}

static bool
is_line(const char *text)
{
	return strchr(text, ' ') != NULL;
}

/* Whether a word of the policy, or a key of the keyring, is the key with this
 * fingerprint. Those of OpenPGP are digits in either case. */
static bool
is_key(const char *word, const char *print)
{
	char own[GV_KEYRING_PRINT];

	if (is_line(word)) {
		print_line(own, word);
		return *own && strcmp(own, print) == 0;
	}
	return strncmp(word, "SHA256:", 7) == 0 ? strcmp(word, print) == 0
						: strcasecmp(word, print) == 0;
}

static bool
has_key(const struct gv_keyring_recipient *who, const char *print)
{
	return (who->signer && is_key(who->signer, print)) ||
	    (who->verifier && is_key(who->verifier, print)) ||
	    (is_line(who->key) && is_key(who->key, print));
}

/* Whether the recipient of this name has the key. */
static bool
is_named(const struct gv_good_rule *rule, const char *name, const char *print)
{
	const struct gv_keyring *k = &rule->kept.keyring;
	const struct gv_keyring_recipient *who =
	    rule->has_keyring ? gv_keyring_find(k, name) : NULL;

	return who && has_key(who, print);
}

static bool
is_signer(const struct gv_good_rule *rule, const char *print)
{
	const struct gv_policy_goods *goods = &rule->policy.goods;
	size_t i;

	for (i = 0; i < goods->n_signers; i++)
		if (is_key(goods->signers[i], print) ||
		    is_named(rule, goods->signers[i], print))
			return true;
	return false;
}

/* ---- who signed --------------------------------------------------------- */

/* What is known of the holder of a key. */
struct voice {
	enum gv_good_who who;
	const char *name; /* in the keyring; NULL */
	int64_t until;    /* of a former member */
	bool is_signer;   /* the policy names the key */
};

static int
add_former(struct gv_good_rule *rule, const struct gv_keyring_recipient *who,
    const char *line)
{
	struct former *one;
	int r = GV_GROW(rule->formers, rule->n_formers, rule->cap_formers);

	if (r < 0)
		return r;
	one = &rule->formers[rule->n_formers];
	*one = (struct former){ .role = who->role, .until = rule->newer };
	print_line(one->print, line);
	one->name = gv_arena_copy(&rule->arena, who->name, strlen(who->name));
	one->voice = gv_keyring_voice(&rule->arena, who);
	if (one->name == NULL || one->voice == NULL)
		return gv_err_nomem();
	rule->n_formers++;
	return 0;
}

static int
add_version(void *ctx, const struct gv_keyring *k)
{
	struct gv_good_rule *rule = ctx;
	size_t i, j;
	int r = 0;

	for (i = 0; rule->newer && r == 0 && i < k->n_recipients; i++) {
		const struct gv_keyring_recipient *who = &k->recipients[i];
		const char *const keys[] = { who->signer, who->verifier,
			who->key };

		for (j = 0; r == 0 && j < 3; j++)
			if (keys[j] && is_line(keys[j]))
				r = add_former(rule, who, keys[j]);
	}
	rule->newer = k->time;
	return r;
}

/* Of versions that are not here, as in a shallow clone, nobody is known. */
static int
walk(struct gv_good_rule *rule, struct gv_repo *repo)
{
	char *before;
	int r;

	if (rule->is_walked)
		return 0;
	before = gv_err_save();
	r = gv_keyring_each(repo, add_version, rule);
	if (r == GV_ENOMEM) {
		free(before);
		return r;
	}
	gv_err_restore(before);
	rule->is_walked = true;
	return 0;
}

/* Who the holder of a key is by its role. `speaks`: they may decide about the
 * environment. */
static enum gv_good_who
who_is(enum gv_keyring_role role, bool speaks, enum gv_good_who otherwise)
{
	if (role == GV_KEYRING_WRITER)
		return GV_GOOD_WHO_WRITER;
	return speaks ? otherwise : GV_GOOD_WHO_OUTSIDE;
}

/* Only where a key is met that the newest version does not list. */
static int
find_former(struct voice *v, struct gv_good_rule *rule, struct gv_repo *repo,
    const char *print, const char *scope)
{
	size_t i;
	int r = walk(rule, repo);

	if (r < 0)
		return r;
	for (i = 0; i < rule->n_formers; i++) {
		const struct former *one = &rule->formers[i];

		if (strcmp(one->print, print) != 0)
			continue;
		v->who =
		    who_is(one->role, gv_keyring_voice_has(one->voice, scope),
			GV_GOOD_WHO_FORMER);
		v->name = one->name;
		v->until = one->until;
		break;
	}
	return 0;
}

/* Judge the key with this fingerprint, for a record of this environment. */
static int
hear(struct voice *v, struct gv_good_rule *rule, struct gv_repo *repo,
    const char *print, const char *env)
{
	const struct gv_keyring *k = &rule->kept.keyring;
	const char *scope = gv_keyring_scope_of(k, env);
	size_t i;

	*v = (struct voice){ .who = GV_GOOD_WHO_STRANGER,
		.is_signer = is_signer(rule, print) };
	for (i = 0; rule->has_keyring && i < k->n_recipients; i++) {
		const struct gv_keyring_recipient *who = &k->recipients[i];

		if (!has_key(who, print) || v->who == GV_GOOD_WHO_MEMBER)
			continue;
		v->who = who_is(who->role, gv_keyring_speaks(who, scope),
		    GV_GOOD_WHO_MEMBER);
		v->name = who->name;
	}
	if (rule->has_keyring && v->who == GV_GOOD_WHO_STRANGER)
		return find_former(v, rule, repo, print, scope);
	return 0;
}

/* ---- a record ----------------------------------------------------------- */

int
gv_good_look(struct gv_good *good, const struct gv_repo *repo)
{
	int r;

	if (good->is_looked || !good->has_git)
		return 0;
	r = gv_gitsign_check(&good->git, repo, &good->tag);
	good->is_looked = r == 0;
	return r;
}

static void
own_print(char out[GV_KEYRING_PRINT], const struct gv_good *good)
{
	struct gv_buf line = GV_BUF_INIT;

	*out = '\0';
	if (gv_ssh_add_public(&line, good->key) == 0)
		print_line(out, line.p);
	gv_buf_release(&line);
}

/* Whether what is signed does not say that it is of this vault. One person has
 * one key and several vaults, so the signature does not tell. Where a record
 * that counts names it, it was in this vault when that was signed. */
static bool
is_elsewhere(const struct gv_good *good, const struct gv_good_rule *rule,
    const struct gv_repo *repo)
{
	char tag[GV_KEYRING_TAG];

	if (!rule->has_keyring || good->is_vouched)
		return false;
	gv_keyring_tag(tag, &good->tag);
	if (good->keyring == NULL)
		return !gv_keyring_pin_was(repo, tag);
	return strcmp(good->keyring, rule->kept.print) != 0 &&
	    !gv_keyring_pin_was(repo, good->keyring);
}

int
gv_good_rule_needs_word(bool *out, struct gv_good_rule *rule,
    struct gv_repo *repo, const struct gv_good *good)
{
	char print[GV_KEYRING_PRINT];
	struct voice v = { .who = GV_GOOD_WHO_NOBODY };
	bool is_said = good->is_signed || good->has_git;
	int r = good->damage || !is_said ? 0 : find_keyring(rule, repo);

	*out = false;
	if (r < 0 || good->damage || !is_said)
		return r;
	*out = is_elsewhere(good, rule, repo);
	if (*out || !good->is_signed)
		return 0;
	own_print(print, good);
	r = hear(&v, rule, repo, print, good->env);
	*out = r == 0 && v.who == GV_GOOD_WHO_FORMER;
	return r;
}

/* A record, weighed: the claim of it, and of whose signature that is. */
struct hearing {
	struct gv_good *good;
	struct gv_good_rule *rule;
	struct gv_repo *repo;
	struct voice voice;
	char print[GV_KEYRING_PRINT]; /* of the identity that signed; "" */
	struct gv_good_claim claim;
	enum gv_good_standing standing;
};

static void
weigh(struct hearing *h)
{
	const struct gv_policy_goods *goods = &h->rule->policy.goods;

	h->claim = (struct gv_good_claim){ .has_keyring = h->rule->has_keyring,
		.is_unbelieved = h->rule->unbelieved != NULL,
		.is_revocation = h->good->status == GV_GOOD_REVOKED,
		.who = h->voice.who,
		.is_vouched = h->good->is_vouched,
		.wants_signed = goods->are_signed,
		.names_signers = goods->n_signers > 0,
		.is_signer = h->voice.is_signer,
		.is_git_good = h->good->git.is_whole &&
		    h->good->git.verdict == GV_GITSIGN_GOOD };
	h->standing = gv_good_weigh(&h->claim);
}

/* Git is only asked where the signature of the identity does not decide: that
 * takes a process. */
static int
hear_git(struct hearing *h)
{
	struct gv_good *good = h->good;
	struct voice other;
	int r = gv_good_look(good, h->repo);

	if (r < 0 || !good->git.is_whole || good->git.print == NULL)
		return r;
	r = hear(&other, h->rule, h->repo, good->git.print, good->env);
	if (r < 0)
		return r;
	other.is_signer |= h->voice.is_signer;
	if (other.who > h->voice.who)
		h->voice = other;
	h->voice.is_signer = other.is_signer;
	return 0;
}

static int
hear_all(struct hearing *h)
{
	int r = find_keyring(h->rule, h->repo);

	if (r == 0 && (h->good->is_signed || h->good->has_git) &&
	    is_elsewhere(h->good, h->rule, h->repo)) {
		if (h->good->is_signed)
			own_print(h->print, h->good);
		h->voice.who = GV_GOOD_WHO_ELSEWHERE;
		weigh(h);
		return 0;
	}
	if (r == 0 && h->good->is_signed) {
		own_print(h->print, h->good);
		r = hear(&h->voice, h->rule, h->repo, h->print, h->good->env);
	}
	if (r == 0)
		weigh(h);
	if (r < 0 || h->standing == GV_GOOD_COUNTS || !h->good->has_git)
		return r;
	if ((r = hear_git(h)) == 0)
		weigh(h);
	return r;
}

/* ---- said --------------------------------------------------------------- */

static void
say_elsewhere(struct gv_buf *why, const struct gv_good *good)
{
	gv_buf_addstr(why, "it is a record of another vault");
	if (good->keyring == NULL)
		gv_buf_addstr(why,
		    ", or older than the keyring: it names no "
		    "keyring");
	else
		gv_buf_addf(why, ": it names the keyring %s", good->keyring);
}

static void
say_candidate(struct gv_buf *why, const struct hearing *h)
{
	const struct gv_good *good = h->good;
	const struct voice *v = &h->voice;
	const char *print = *h->print ? h->print : good->git.print;
	char day[GV_TIME_MAX];

	if (h->rule->unbelieved)
		gv_buf_addf(
		    why, "the keyring is not trusted: %s", h->rule->unbelieved);
	else if (v->who == GV_GOOD_WHO_FORMER) {
		gv_time_rfc3339(day, v->until);
		gv_buf_addf(why,
		    "its signer %s left the keyring on %.10s, and no "
		    "member's record names it",
		    v->name, day);
	} else if (v->who == GV_GOOD_WHO_WRITER)
		gv_buf_addf(why, "%s signed it with a write-only key", v->name);
	else if (v->who == GV_GOOD_WHO_OUTSIDE)
		gv_buf_addf(why, "its signer %s cannot read secrets of %s",
		    v->name, good->env);
	else if (v->who == GV_GOOD_WHO_ELSEWHERE)
		say_elsewhere(why, good);
	else if (v->who == GV_GOOD_WHO_STRANGER)
		gv_buf_addf(why,
		    "it is signed by %s, which the keyring does not list",
		    print);
	else if (good->has_git)
		gv_buf_addf(why, "git's signature of it is %s",
		    gv_gitsign_verdicts[good->git.verdict]);
	else
		gv_buf_addstr(why, "nobody signed it");
}

static void
say_untrusted(struct gv_buf *why, const struct hearing *h)
{
	const struct gv_good *good = h->good;

	if (h->voice.who == GV_GOOD_WHO_ELSEWHERE) {
		say_elsewhere(why, good);
		return;
	}
	if (!good->is_signed && !good->has_git)
		gv_buf_addstr(
		    why, "it is not signed, but the policy requires that");
	if (good->is_signed)
		gv_buf_addf(why, "it is signed by %s", h->print);
	if (good->has_git)
		gv_buf_addf(why, "%sgit's signature is %s",
		    good->is_signed ? ", " : "",
		    gv_gitsign_verdicts[good->git.verdict]);
	if (good->has_git && good->git.print)
		gv_buf_addf(why, " by %s", good->git.print);
	if (good->is_signed || good->has_git)
		gv_buf_addstr(why, ", and no signer of the policy signed it");
}

static int
say_why(struct hearing *h)
{
	struct gv_buf why = GV_BUF_INIT;
	int r;

	if (h->standing == GV_GOOD_CANDIDATE_ONLY && h->claim.has_keyring)
		say_candidate(&why, h);
	else if (h->rule->unbelieved)
		say_candidate(&why, h);
	else
		say_untrusted(&why, h);
	if ((r = gv_buf_check(&why)) == 0)
		r = gv_good_copy(h->good, &h->good->distrust, why.p);
	gv_buf_release(&why);
	return r;
}

int
gv_good_judge(
    struct gv_good *good, struct gv_good_rule *rule, struct gv_repo *repo)
{
	struct hearing h = { .good = good, .rule = rule, .repo = repo };
	int r;

	if (good->is_judged || good->damage)
		return 0;
	r = hear_all(&h);
	if (r < 0)
		return r;
	good->who = h.voice.who;
	good->is_candidate = h.standing == GV_GOOD_CANDIDATE_ONLY;
	r = gv_good_copy(good, &good->signed_by, h.voice.name);
	if (r == 0 && h.standing != GV_GOOD_COUNTS)
		r = say_why(&h);
	else if (r == 0 && rule->broken)
		r = gv_good_copy(good, &good->distrust, rule->broken);
	good->is_judged = r == 0;
	return r;
}
