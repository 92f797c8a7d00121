#include "git-vault/hook/hook.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/err.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/failure.h"
#include "git-vault/front/out.h"
#include "remote/remote.h"
#include "repo/repo.h"
#include "sys/proc.h"
#include "sys/self.h"

/*
 * The vault goes where a push goes, before it: by our own command in a process
 * that has no terminal to ask anybody at and no more than its time. Its push
 * runs no hook, so this one is not run by what it runs.
 */

#define WAIT_S 30
#define MAX_S  3600

static bool
is_word(const char *p, size_t n, const char *word)
{
	return n == strlen(word) && strncasecmp(p, word, n) == 0;
}

bool
gv_hook_publish_is_set(const struct gv_ctx *ctx, const char *word)
{
	const char *p = gv_config_get(&ctx->repo->config, "vault.prepush");
	size_t n;

	for (; p && *p; p += n + (p[n] != '\0')) {
		n = strcspn(p, " ,");
		if (is_word(p, n, word))
			return true;
	}
	return false;
}

int
gv_hook_publish_check(const struct gv_ctx *ctx)
{
	const char *p = gv_config_get(&ctx->repo->config, "vault.prepush");
	size_t n;

	for (; p && *p; p += n + (p[n] != '\0')) {
		n = strcspn(p, " ,");
		if (n && !is_word(p, n, "strict") && !is_word(p, n, "publish"))
			return gv_err(GV_EREFUSED,
			    "vault.prePush has '%.*s'; its words are strict "
			    "and publish",
			    (int)n, p);
	}
	return 0;
}

static int
wait_ms(struct gv_ctx *ctx)
{
	static const char key[] = "vault.prepushtimeout";
	const struct gv_config *c = &ctx->repo->config;
	const char *value = gv_config_get(c, key);
	int64_t s = gv_config_int(c, key, value ? 0 : WAIT_S);

	if (s < 1) {
		gv_out_warn(ctx->out,
		    "vault.prePushTimeout is '%s', which is no number of "
		    "seconds; %d are taken for it",
		    value, WAIT_S);
		s = WAIT_S;
	}
	return (int)(s > MAX_S ? MAX_S : s) * 1000;
}

/* A number of the report; a ref's name cannot have a quote in it unescaped. */
static unsigned long
number(const struct gv_proc *p, const char *key)
{
	const char *at = strstr(p->out.p, key);

	return at ? strtoul(at + strlen(key), NULL, 10) : 0;
}

/* Say what it warns of, as that a remote has lost something, and leave the
 * rest, why it failed. */
static int
pass_warnings(struct gv_ctx *ctx, struct gv_proc *p)
{
	static const char mark[] = "git-vault: warning: ";
	const size_t len = strlen(mark);
	struct gv_buf rest = GV_BUF_INIT;
	const char *line, *next;

	for (line = p->err.p; *line; line = next) {
		size_t n = strcspn(line, "\n");

		next = line + n + (line[n] == '\n');
		if (strncmp(line, mark, len) == 0)
			gv_out_warn(
			    ctx->out, "%.*s", (int)(n - len), line + len);
		else
			gv_buf_add(&rest, line, (size_t)(next - line));
	}
	gv_buf_release(&p->err);
	p->err = rest;
	return gv_buf_check(&p->err);
}

/* Why it failed, by its document or, where it wrote none, by its words. */
static int
fail(struct gv_proc *p, const char *remote)
{
	struct gv_buf why = GV_BUF_INIT;

	if (gv_failure_read(&why, &p->out) < 0) {
		gv_buf_reset(&why);
		gv_buf_addstr(&why, gv_proc_why(p));
	}
	gv_err(
	    GV_ERROR, "the vault was not published to '%s': %s", remote, why.p);
	gv_buf_release(&why);
	return GV_ERROR;
}

/* The command's exit status, as git-vault-sync(1) has them. */
static int
judge(struct gv_ctx *ctx, struct gv_proc *p, const char *remote)
{
	unsigned long sent = number(p, "\"sent\":");
	unsigned long gone = number(p, "\"cleared\":");
	unsigned long odd = number(p, "\"conflict\":");

	switch (p->status) {
	case 0:
		if (sent + gone)
			gv_out_say(ctx->out,
			    "%lu ref%s of the vault went to '%s'", sent + gone,
			    sent + gone == 1 ? "" : "s", remote);
		return 0;
	case 1:
		return gv_err(GV_EREFUSED,
		    "%lu ref%s of the vault went to '%s', and %lu %s in "
		    "conflict; 'git vault sync %s' says which",
		    sent, sent == 1 ? "" : "s", remote, odd,
		    odd == 1 ? "is" : "are", remote);
	case 3:
		odd = number(p, "\"refused\":");
		return gv_err(GV_EREFUSED,
		    "%lu ref%s of the vault did not go to '%s'; to see why: "
		    "git vault sync %s",
		    odd, odd == 1 ? "" : "s", remote, remote);
	default:
		return fail(p, remote);
	}
}

int
gv_hook_publish(struct gv_ctx *ctx, const char *remote)
{
	const struct gv_config *c = &ctx->repo->config;
	struct gv_buf program = GV_BUF_INIT;
	struct gv_proc p = GV_PROC_INIT;
	int r, ms;

	if (!gv_remote_is(c, remote, strlen(remote)))
		return 0;
	ms = wait_ms(ctx);
	if ((r = gv_self_path(&program)) == 0) {
		const char *argv[] = { program.p, "sync", "--json",
			"--push-only", "--", remote, NULL };

		r = gv_remote_run_apart(&p, argv, ms, c);
	}
	if (r == 0)
		r = pass_warnings(ctx, &p);
	r = r < 0 ? gv_err_in(r,
			"the vault was not published to '%s', for which "
			"vault.prePushTimeout has %d s and 'git vault sync %s' "
			"any time",
			remote, ms / 1000, remote)
		  : judge(ctx, &p, remote);
	gv_proc_release(&p);
	gv_buf_release(&program);
	return r;
}
