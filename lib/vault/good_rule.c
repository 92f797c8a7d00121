#include "vault/good_rule.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/enc.h"
#include "base/err.h"
#include "crypto/ssh.h"
#include "store/hash.h"
#include "store/repo.h"
#include "vault/good_internal.h"
#include "vault/keyring_store.h"
#include "vault/team.h"

struct gv_good_rule {
	struct gv_policy policy;
	char *broken; /* why it cannot be read; NULL */
	struct gv_keyring_kept kept;
	bool is_sought, has_keyring;
};

int
gv_good_rule_load(struct gv_good_rule **out, struct gv_repo *repo)
{
	struct gv_good_rule *rule = calloc(1, sizeof(*rule));
	int r = rule ? gv_team_load(&rule->policy, repo) : gv_err_nomem();

	*out = NULL;
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
	free(rule);
}

int
gv_good_rule_check(const struct gv_good_rule *rule)
{
	return rule->broken ? gv_err(GV_EREFUSED, "%s", rule->broken) : 0;
}

/* ---- who is meant ------------------------------------------------------- */

/* Only where a name is looked for: most rules have none, and no keyring. */
static int
find_keyring(struct gv_good_rule *rule, struct gv_repo *repo)
{
	int r;

	if (rule->is_sought)
		return 0;
	r = gv_keyring_load(&rule->kept, repo);
	if (r < 0 && r != GV_ENOTFOUND)
		return gv_err_in(r, "the signers of records are not known");
	rule->is_sought = true;
	rule->has_keyring = r == 0;
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

/* The one of the keyring with that key, or with `name` not NULL, whether that
 * one has it. */
static bool
is_recipient(
    const struct gv_good_rule *rule, const char *name, const char *print)
{
	const struct gv_keyring *k = &rule->kept.keyring;
	size_t i;

	for (i = 0; rule->has_keyring && i < k->n_recipients; i++) {
		const struct gv_keyring_recipient *who = &k->recipients[i];

		if (name && strcmp(name, who->name) != 0)
			continue;
		if ((who->signer && is_key(who->signer, print)) ||
		    (who->verifier && is_key(who->verifier, print)) ||
		    (is_line(who->key) && is_key(who->key, print)))
			return true;
	}
	return false;
}

static int
is_signer(bool *out, struct gv_good_rule *rule, struct gv_repo *repo,
    const char *print)
{
	const struct gv_policy_goods *goods = &rule->policy.goods;
	size_t i;
	int r = find_keyring(rule, repo);

	*out =
	    r == 0 && goods->n_signers == 0 && is_recipient(rule, NULL, print);
	for (i = 0; r == 0 && !*out && i < goods->n_signers; i++)
		*out = is_key(goods->signers[i], print) ||
		    is_recipient(rule, goods->signers[i], print);
	return r;
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

/* Whether git's signature counts: by the names of the policy, whatever git
 * itself trusts, and where there are none by git's own. */
static int
is_git_signer(bool *out, struct gv_good *good, struct gv_good_rule *rule,
    struct gv_repo *repo)
{
	int r = gv_good_look(good, repo);

	*out = false;
	if (r < 0 || !good->has_git || !good->git.is_whole)
		return r;
	if (rule->policy.goods.n_signers == 0) {
		*out = good->git.verdict == GV_GITSIGN_GOOD;
		return 0;
	}
	return is_signer(out, rule, repo, good->git.print);
}

static int
say_why(struct gv_good *good, const char *print)
{
	struct gv_buf why = GV_BUF_INIT;
	int r;

	if (!good->is_signed && !good->has_git)
		gv_buf_addstr(&why, "it is not signed, as the policy has it");
	if (good->is_signed)
		gv_buf_addf(&why, "it is signed by %s", print);
	if (good->has_git)
		gv_buf_addf(&why, "%sgit's signature is %s",
		    good->is_signed ? ", " : "",
		    gv_gitsign_verdicts[good->git.verdict]);
	if (good->has_git && good->git.print)
		gv_buf_addf(&why, " by %s", good->git.print);
	if (good->is_signed || good->has_git)
		gv_buf_addstr(&why, ", and by none of the policy's signers");
	r = gv_buf_check(&why);
	if (r == 0)
		r = gv_good_copy(good, &good->distrust, why.p);
	gv_buf_release(&why);
	return r;
}

int
gv_good_judge(
    struct gv_good *good, struct gv_good_rule *rule, struct gv_repo *repo)
{
	char print[GV_KEYRING_PRINT] = "";
	bool is_trusted = false;
	int r = 0;

	if (good->is_judged || good->damage)
		return 0;
	if (rule->broken) {
		r = gv_good_copy(good, &good->distrust, rule->broken);
		good->is_judged = r == 0;
		return r;
	}
	if (rule->policy.goods.are_signed) {
		if (good->is_signed) {
			own_print(print, good);
			r = is_signer(&is_trusted, rule, repo, print);
		}
		if (r == 0 && !is_trusted)
			r = is_git_signer(&is_trusted, good, rule, repo);
		if (r == 0 && !is_trusted)
			r = say_why(good, print);
	}
	good->is_judged = r == 0;
	return r;
}
