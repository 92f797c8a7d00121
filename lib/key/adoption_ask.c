#include "key/adoption_ask.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "key/keyring_store.h"
#include "repo/repo.h"

#define SHOWN 8 /* readers that a question names */

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

	*out = gv_adoption_judge_by(repo, kept->print, kept->keyring.version);
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
