#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/shell.h"
#include "base/time.h"
#include "git-vault/front/ask.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "git-vault/share/replicate.h"
#include "key/prompt.h"
#include "record/record_time.h"
#include "replica/replica.h"
#include "replica/replica_trust.h"
#include "repo/repo.h"
#include "sys/entry.h"

static int
ask(void *ctx, struct gv_secret *out)
{
	return gv_prompt_passphrase(ctx, out, "the identity");
}

/* The address of a store, or the name of a target of this repository. */
static int
find_source(struct gv_target *out, struct gv_targets *all, struct gv_ctx *ctx,
    const char *source)
{
	const struct gv_target *t;
	int r;

	if (strchr(source, ':') || ctx->repo == NULL) {
		*out = (struct gv_target){ .name = source, .url = source };
		gv_replicate_fill(out, ctx->opts);
		return gv_target_check_url(source);
	}
	if ((r = gv_targets_load(all, ctx->repo)) < 0 ||
	    (r = gv_targets_need(&t, all, source)) < 0)
		return r;
	*out = *t;
	return 0;
}

/* The last part of the address, as git clone has it. An address begins with
 * the name of a store, so that there is one. */
static int
choose_dir(char **out, const struct gv_target *t)
{
	size_t len = strlen(t->url), n;

	while (len && t->url[len - 1] == '/')
		len--;
	for (n = 0; n < len && t->url[len - n - 1] != '/'; n++)
		;
	*out = strndup(t->url + len - n, n);
	return *out ? 0 : gv_err_nomem();
}

static void
put(struct gv_json *j, const char *dir, const struct gv_replica_restored *d)
{
	gv_json_object(j, NULL);
	gv_json_path(j, "path", dir, strlen(dir));
	gv_json_string(j, "host", d->host);
	gv_json_uint(j, "manifest", d->seq);
	gv_json_time(j, "time", d->time);
	gv_json_uint(j, "hosts", d->hosts);
	gv_json_uint(j, "packs", d->packs);
	gv_json_uint(j, "bytes", d->bytes);
	gv_json_uint(j, "refs", d->refs);
	gv_json_uint(j, "snapshots", d->snapshots);
	gv_json_uint(j, "aside", d->aside);
	gv_replicate_faults_json(j, &d->faults);
	gv_json_end(j);
}

/* " --OPTION PATH", also for a command that runs in another folder. */
static void
add_path(
    struct gv_buf *out, const char *option, const char *path, const char *ext)
{
	struct gv_buf whole = GV_BUF_INIT;
	char *real = gv_entry_real_path(path);
	size_t len = strlen(real ? real : path);

	if (*ext && len > 4 &&
	    strcmp((real ? real : path) + len - 4, ".git") == 0)
		len -= 4;
	gv_buf_addf(&whole, "%.*s%s", (int)len, real ? real : path, ext);
	gv_buf_addf(out, " --%s", option);
	if (gv_buf_check(&whole) == 0)
		gv_shell_word(out, whole.p);
	gv_buf_release(&whole);
	free(real);
}

/* The command that brings the files back, with the keys that were named: they
 * are not where git-vault looks for one. */
static void
add_next(struct gv_buf *out, const struct replicate_opts *o, const char *dir)
{
	size_t i;

	gv_buf_addstr(out, "git -C");
	gv_shell_word(out, dir);
	gv_buf_addstr(out, " vault restore latest");
	if (o->bare)
		add_path(out, "to", dir, ".files");
	else
		gv_buf_addstr(out, " --in-place");
	for (i = 0; i < o->identities.n; i++)
		add_path(out, "identity", o->identities.items[i], "");
}

/* What goes on from there has no copy until somebody names a place again. A
 * target that was given by its address has no name here. */
static void
say_targets(struct gv_ctx *ctx, const char *dir, const struct gv_target *target)
{
	const bool has_name = strcmp(target->name, target->url) != 0;
	struct gv_buf next = GV_BUF_INIT;

	gv_buf_addstr(&next, "git -C");
	gv_shell_word(&next, dir);
	gv_buf_addstr(&next, " vault replicate add");
	gv_shell_word(&next, has_name ? target->name : "store");
	gv_shell_word(&next, target->url);
	if (gv_buf_check(&next) == 0)
		gv_out_say(ctx->out,
		    "it has no remote and no target yet; to copy to this store "
		    "again: %s",
		    next.p);
	gv_buf_release(&next);
}

static void
say(struct gv_ctx *ctx, const char *dir, const struct gv_replica_restored *d)
{
	struct gv_buf next = GV_BUF_INIT;
	char size[GV_OUT_SIZE_MAX], n[GV_OUT_SIZE_MAX], age[GV_TIME_MAX];
	struct gv_buf word = GV_BUF_INIT;

	gv_out_size(size, d->bytes);
	gv_out_count(n, d->snapshots, "snapshot");
	gv_time_relative(age, d->time, ctx->now);
	gv_shell_word(&word, dir);
	gv_out_say(ctx->out, "restored %s (%s) to%s, as %s had pushed them %s",
	    n, size, word.p, d->host, age);
	if (d->aside)
		gv_out_say(ctx->out,
		    "%" PRIu64 " ref%s of other hosts differ%s: their branches "
		    "are in refs/remotes/HOST",
		    d->aside, d->aside == 1 ? "" : "s",
		    d->aside == 1 ? "s" : "");
	add_next(&next, ctx->opts, dir);
	if (d->snapshots && gv_buf_check(&next) == 0)
		gv_out_say(ctx->out,
		    "hint: for the newest files that were not committed: %s",
		    next.p);
	gv_buf_release(&word);
	gv_buf_release(&next);
}

static int
fill(struct gv_replica_restore_opts *out, struct gv_ctx *ctx)
{
	const struct replicate_opts *o = ctx->opts;
	size_t i;

	*out = (struct gv_replica_restore_opts){ .host = o->host,
		.signers = o->signers.items,
		.n_signers = o->signers.n,
		.identities = o->identities.items,
		.n_identities = o->identities.n,
		.is_bare = o->bare,
		.now = ctx->now };
	if (gv_ask_may_unlock(ctx)) {
		out->ask = ask;
		out->ask_ctx = NULL;
	}
	for (i = 0; i < o->signers.n; i++)
		if (!gv_replica_trust_is_print(o->signers.items[i]))
			return gv_err(GV_EUSAGE,
			    "--signer wants the fingerprint of a key, as "
			    "ssh-keygen -l prints it: SHA256:…");
	return o->at ? gv_record_time(&out->until, o->at) : 0;
}

int
gv_replicate_restore(struct gv_ctx *ctx, int argc, char **argv)
{
	struct gv_replica_restore_opts how;
	struct gv_replica_restored done;
	struct gv_targets all = { .n = 0 };
	struct gv_target target;
	char *dir = NULL;
	int r;

	if ((r = fill(&how, ctx)) < 0 ||
	    (r = find_source(&target, &all, ctx, argv[0])) < 0 ||
	    (argc == 1 && (r = choose_dir(&dir, &target)) < 0))
		goto out;
	how.dir = argc == 1 ? dir : argv[1];
	r = gv_replica_restore(&done, &target, &how);
	if (r == 0) {
		if (ctx->json) {
			put(ctx->json, how.dir, &done);
		} else {
			say(ctx, how.dir, &done);
			say_targets(ctx, how.dir, &target);
		}
		if (done.faults.n && ctx->json == NULL)
			gv_replicate_faults(ctx, &done.faults);
		r = done.faults.n ? 3 : 0;
	}
	gv_replica_restored_release(&done);
out:
	free(dir);
	gv_targets_release(&all);
	return r;
}
