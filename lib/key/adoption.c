#include "key/adoption.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "key/keyring_store.h"
#include "repo/repo.h"

#define SHOWN 8 /* readers that a question names */

static const char prefix[] = "SHA256:";

static const char *
digits_of(const char *print)
{
	size_t n = sizeof(prefix) - 1;

	return strncmp(print, prefix, n) == 0 ? print + n : print;
}

/* The number behind "@"; 0 where it is none that a version can have. */
static unsigned
read_version(const char *p)
{
	unsigned n = 0;

	if (*p == '0')
		return 0;
	for (; *p >= '0' && *p <= '9' && n <= GV_KEYRING_VERSIONS; p++)
		n = n * 10 + (unsigned)(*p - '0');
	return *p == '\0' && n <= GV_KEYRING_VERSIONS ? n : 0;
}

enum gv_adoption
gv_adoption_judge(const char *pin, const char *print, unsigned version)
{
	unsigned least = 1;
	const char *at;
	size_t len;

	if (pin == NULL || *pin == '\0')
		return GV_ADOPTION_UNKNOWN;
	pin = digits_of(pin);
	print = digits_of(print);
	len = strcspn(pin, "@");
	at = pin + len;
	if (*at == '@')
		least = read_version(at + 1);
	if (least == 0 || strlen(print) != len || memcmp(pin, print, len) != 0)
		return GV_ADOPTION_OTHER;
	return version < least ? GV_ADOPTION_OLD : GV_ADOPTION_TAKEN;
}

enum gv_adoption
gv_adoption_judge_by(
    const struct gv_repo *repo, const struct gv_keyring_kept *kept)
{
	return gv_adoption_judge(gv_config_get(&repo->config, GV_ADOPTION_PIN),
	    kept->print, kept->keyring.version);
}

/* "ann (all), bob (dev, shared)"; a writer reads nothing. */
static void
add_readers(struct gv_buf *out, const struct gv_keyring *k)
{
	const struct gv_keyring_recipient *who;
	size_t i, j, n = 0;

	for (i = 0; i < k->n_recipients; i++) {
		who = &k->recipients[i];
		if (who->role == GV_KEYRING_WRITER || n++ >= SHOWN)
			continue;
		gv_buf_addf(out, "%s%s (", n > 1 ? ", " : "", who->name);
		if (who->all)
			gv_buf_addstr(out, "everything");
		for (j = 0; j < who->n_scopes; j++)
			gv_buf_addf(out, "%s%s", j ? ", " : "", who->scopes[j]);
		gv_buf_addstr(out, ")");
	}
	if (n > SHOWN)
		gv_buf_addf(out, " and %zu more", n - SHOWN);
}

static int
put_question(bool *yes, struct gv_repo *repo,
    const struct gv_keyring_kept *kept, const char *remote)
{
	struct gv_buf text = GV_BUF_INIT;
	int r;

	gv_buf_addf(&text,
	    "%s has a keyring that this clone does not use yet.\n"
	    "  fingerprint  %s\n"
	    "  readers      ",
	    remote, kept->print);
	add_readers(&text, &kept->keyring);
	gv_buf_addstr(&text,
	    "\nAn owner can confirm the fingerprint. Encrypt secrets for these "
	    "readers?");
	if ((r = gv_buf_check(&text)) == 0)
		r = repo->asker.ask(repo->asker.ctx, yes, NULL, text.p);
	gv_buf_release(&text);
	return r;
}

int
gv_adoption_ask(enum gv_adoption *out, struct gv_repo *repo,
    const struct gv_keyring_kept *kept, const char *remote)
{
	bool yes = false;
	int r = 0;

	*out = gv_adoption_judge_by(repo, kept);
	if (*out != GV_ADOPTION_UNKNOWN || repo->asker.ask == NULL)
		return 0;
	if ((r = put_question(&yes, repo, kept, remote)) == 0 && yes)
		*out = GV_ADOPTION_TAKEN;
	return r;
}

void
gv_adoption_explain(struct gv_buf *out, enum gv_adoption verdict,
    const struct gv_keyring_kept *kept, const char *remote)
{
	if (verdict == GV_ADOPTION_TAKEN)
		return;
	if (verdict == GV_ADOPTION_OLD) {
		gv_buf_addf(out,
		    "%s has version %u of the keyring %s, which is older than "
		    "the one that " GV_ADOPTION_PIN
		    " names; push the newest one from a clone that has it: git "
		    "vault sync",
		    remote, kept->keyring.version, kept->print);
		return;
	}
	gv_buf_addf(out,
	    "%s has the keyring %s, %s; if an owner confirms it: git "
	    "config " GV_ADOPTION_PIN " %s@%u && git vault sync %s",
	    remote, kept->print,
	    verdict == GV_ADOPTION_OTHER ? "and " GV_ADOPTION_PIN
					   " names another one"
					 : "which nobody has confirmed here",
	    kept->print, kept->keyring.version, remote);
}
