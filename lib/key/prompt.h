#ifndef GV_PROMPT_H
#define GV_PROMPT_H
/*
 * Passphrases, asked for at the terminal and held in memory that nobody else
 * sees.
 *
 *	const struct gv_safe_opts opts = { .ask = gv_prompt_passphrase, … };
 *	r = gv_prompt_new_passphrase(&secret, "the recovery identity");
 */

struct gv_secret;

/* Append the passphrase of what the text names; for gv_safe_opts.ask, `ctx` is
 * not looked at. 0; GV_ENOKEY where there is no terminal or no answer;
 * GV_ECANCELED; GV_EREFUSED, GV_ERROR, GV_ENOMEM. */
int gv_prompt_passphrase(void *ctx, struct gv_secret *out, const char *what);

/* The same of one that is new: asked for twice, and not empty. GV_EREFUSED also
 * where the two differ. */
int gv_prompt_new_passphrase(struct gv_secret *out, const char *what);

#endif
