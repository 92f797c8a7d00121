#include <string.h>

#include "base/err.h"
#include "base/glob.h"
#include "base/vec.h"
#include "config/policy_internal.h"
#include "format/yaml.h"

#define MAX_CHECKS   100
#define MAX_BRANCHES 1000
#define MAX_SIGNERS  1000

const char *const gv_policy_good_keys[] = { "checks", "drilled", "signed",
	"signers", NULL };

/* What was said of signatures: a list of signers asks for them by itself. */
struct signing {
	struct gv_policy_goods *goods;
	bool is_said, is_required;
	const struct gv_yaml_node *signers; /* the key; NULL: none are named */
};

/* ---- checks ------------------------------------------------------------- */

static int
read_check(void *data, const struct gv_policy_place *at)
{
	struct gv_policy_goods *out = data;
	struct gv_policy_check check = { .name = at->key->text };
	int r;

	if ((r = gv_policy_read_text(&check.command, at)) < 0)
		return r;
	if (at->key->len == 0 || out->n == MAX_CHECKS)
		return gv_err(GV_EREFUSED,
		    "%s:%u: there are at most %d checks, each with a name",
		    at->file, at->key->line, MAX_CHECKS);
	if ((r = GV_GROW(out->checks, out->n, out->cap)) < 0)
		return r;
	out->checks[out->n++] = check;
	return 0;
}

/* ---- signatures --------------------------------------------------------- */

/* As ssh and gpg show them, or a name: one word, but for the line of a key. */
static bool
is_signer(const char *text)
{
	static const char digits[] = "0123456789abcdefABCDEF";
	size_t len = strlen(text), i;

	for (i = 0; i < len; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
			return false;
	if (strchr(text, ' '))
		return strncmp(text, "ssh-", 4) == 0 ||
		    strncmp(text, "ecdsa-", 6) == 0 ||
		    strncmp(text, "sk-", 3) == 0;
	/* a short id of OpenPGP is anybody's */
	if (len >= 2 && text[0] == '0' && text[1] == 'x')
		return false;
	return strspn(text, digits) != len || len < 8 || len == 40 || len == 64;
}

static int
read_signer(struct gv_policy_goods *out, const struct gv_policy_place *at)
{
	const char *text;
	int r;

	if ((r = gv_policy_read_text(&text, at)) < 0)
		return r;
	if (!is_signer(text))
		return gv_policy_wrong(at,
		    "a name of the keyring, a key of ssh, its SHA256:…, or all "
		    "digits of a fingerprint of OpenPGP");
	if (out->n_signers == MAX_SIGNERS)
		return gv_err(GV_EREFUSED,
		    "%s:%u: there are at most %d signers", at->file,
		    at->value->line, MAX_SIGNERS);
	r = GV_GROW(out->signers, out->n_signers, out->cap_signers);
	if (r < 0)
		return r;
	out->signers[out->n_signers++] = text;
	return 0;
}

static int
read_signers(struct gv_policy_goods *out, struct signing *s,
    const struct gv_policy_place *at)
{
	const struct gv_yaml_node *list = at->value;
	size_t i;
	int r = 0;

	if (list->kind != GV_YAML_LIST || list->n == 0)
		return gv_policy_wrong(at, "a list of signers");
	s->signers = at->key;
	for (i = 0; r == 0 && i < list->n; i++)
		r = read_signer(out,
		    &(struct gv_policy_place){
			at->file, at->key, list->values[i] });
	return r;
}

static int
read_signed(struct signing *s, const struct gv_policy_place *at)
{
	const char *text = "";
	int r = gv_policy_read_text(&text, at);

	s->is_said = true;
	s->is_required = strcmp(text, "required") == 0;
	return r == 0 && !s->is_required && strcmp(text, "optional") != 0
	    ? gv_policy_wrong(at, "required or optional")
	    : r;
}

static int
conclude(struct gv_policy_goods *out, const struct signing *s, const char *file)
{
	if (s->signers && s->is_said && !s->is_required)
		return gv_err(GV_EREFUSED,
		    "%s:%u: signers are named, so records are signed: "
		    "'signed: optional' contradicts that",
		    file, s->signers->line);
	out->are_signed = s->is_required || s->signers;
	return 0;
}

/* ---- branches ----------------------------------------------------------- */

static int
read_pattern(struct gv_policy_goods *out, const char *env,
    const struct gv_policy_place *at)
{
	struct gv_policy_branch branch = { .env = env };
	int r;

	if ((r = gv_policy_read_text(&branch.pattern, at)) < 0)
		return r;
	if (out->n_branches == MAX_BRANCHES)
		return gv_err(GV_EREFUSED,
		    "%s:%u: there are at most %d branches", at->file,
		    at->key->line, MAX_BRANCHES);
	r = GV_GROW(out->branches, out->n_branches, out->cap_branches);
	if (r < 0)
		return r;
	out->branches[out->n_branches++] = branch;
	return 0;
}

bool
gv_policy_is_branch(const struct gv_policy_branch *one, const char *branch)
{
	return gv_glob_match(
	    one->pattern, strlen(one->pattern), branch, strlen(branch), 0);
}

int
gv_policy_read_branches(struct gv_policy_goods *out, const char *env,
    const struct gv_policy_place *at)
{
	const struct gv_yaml_node *list = at->value;
	struct gv_policy_place one = *at;
	size_t i;
	int r = 0;

	if (list->kind != GV_YAML_LIST)
		return read_pattern(out, env, at);
	for (i = 0; r == 0 && i < list->n; i++) {
		one.value = list->values[i];
		r = read_pattern(out, env, &one);
	}
	return r;
}

/* ---- the section -------------------------------------------------------- */

static int
read_key(void *data, const struct gv_policy_place *at)
{
	struct signing *s = data;
	struct gv_policy_goods *out = s->goods;
	const char *key = at->key->text;

	if (!gv_policy_is_known(gv_policy_good_keys, key))
		return gv_policy_unknown_key(at, gv_policy_good_keys);
	if (strcmp(key, "checks") == 0)
		return gv_policy_each(
		    at, "a map of names to commands", read_check, out);
	if (strcmp(key, "drilled") == 0)
		return gv_policy_read_time(&out->drilled, at);
	return strcmp(key, "signed") == 0 ? read_signed(s, at)
					  : read_signers(out, s, at);
}

int
gv_policy_read_goods(
    struct gv_policy_goods *out, const struct gv_policy_place *section)
{
	struct signing s = { .goods = out };
	int r = gv_policy_each(section,
	    "a map with checks, drilled, signed or signers", read_key, &s);

	return r < 0 ? r : conclude(out, &s, section->file);
}
