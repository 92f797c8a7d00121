#include "git-vault/front/cmd.h"

#include <string.h>

#include "base/buf.h"
#include "base/enc.h"
#include "base/err.h"
#include "base/shell.h"
#include "base/time.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "git-vault/recovery/card_known.h"
#include "git-vault/recovery/card_stores.h"
#include "key/keyring.h"
#include "key/keyring_store.h"
#include "remote/remote.h"
#include "repo/repo.h"

/*
 * One page on paper: what a person needs who has nothing but a new machine, the
 * key and this card. Its commands are run as they stand by t4163, where there
 * are git, age, gzip and sh alone.
 */

enum format { TEXT, HTML, JSON };

static const char *const formats[] = { "text", "html", "json", NULL };

struct card_opts {
	int format;
};

static const struct gv_opt opts[] = {
	{ .type = GV_OPT_CHOICE,
	    .name = "format",
	    .arg = "FORMAT",
	    .choices = formats,
	    .at = offsetof(struct card_opts, format),
	    .help = "print text, html (one page for a printer) or json" },
	GV_OPT_LAST
};

/* Neither a safety snapshot nor one of some files. */
static const char newest[] =
    "NEW=$(git log -1 --no-walk --glob='refs/vault/snapshots/*' \\\n"
    "    --invert-grep --grep='^Vault-Trigger: safety' \\\n"
    "    --grep='^Vault-Only:' --format=%H)\n";

/* How they compare with the one that is known to be good. */
static const char compare[] =
    "git --no-pager log --no-walk --format='%H %cd, %an: %s' $GOOD $NEW\n"
    "git --no-pager diff --stat $GOOD $NEW -- tree meta/secrets\n"
    "S=$GOOD\n";

static const char show[] =
    "git --no-pager log --no-walk --format='%H %cd, %an: %s' $NEW\n"
    "S=$NEW\n";

static const char files[] =
    "git update-server-info\n"
    "echo '* -text !eol !ident !filter !working-tree-encoding' "
    ">info/attributes\n"
    "git init -q ../out\n"
    "git --git-dir=. --work-tree=../out read-tree \"$S:tree\"\n"
    "git --git-dir=. --work-tree=../out checkout-index -a -f\n";

static const char secrets[] =
    "one () { git cat-file blob \"$1\" | age -d -i \"$KEY\" | gzip -dcf; }\n"
    "blobs () { test \"$(git cat-file -t \"$1\")\" = tree || "
    "{ echo \"$1\"; return; }\n"
    "    git ls-tree -r \"$1\" | while read -r a b blob c; do "
    "echo $blob; done; }\n"
    "value () {\n"
    "    blobs \"$then\" | { read -r blob && git cat-file blob $blob |\n"
    "        age -d -i \"$KEY\"; } >/dev/null 2>&1 || then=$(git rev-parse \\\n"
    "        refs/vault/secrets/$scope:$(printf %.2s \"$id\")/$id.age)\n"
    "    blobs \"$then\" | while read -r blob; do one $blob; done\n"
    "} </dev/null\n"
    "put () { test -z \"$last\" || printf %s \"$text\" >\"../out/$last\"; }\n"
    "plain () (\n"
    "    set -f; IFS=/ at=../out\n"
    "    for part in $1\n"
    "    do\n"
    "        case $part in '' | .. | .[Gg][Ii][Tt]) exit 1 ;; esac\n"
    "        at=$at/$part\n"
    "        test ! -h \"$at\" || exit 1\n"
    "    done\n"
    ")\n"
    "git cat-file blob \"$S:meta/secrets\" | {\n"
    "    last=\n"
    "    while read -r kind at length scope rule id then path\n"
    "    do\n"
    "        test \"$kind\" != git-vault || continue\n"
    "        plain \"$path\" || { echo \"left out: $path\"; continue; }\n"
    "        test \"$kind\" != f || { value >\"../out/$path\"; continue; }\n"
    "        test \"$path\" = \"$last\" || {\n"
    "            put; last=$path\n"
    "            text=$(git cat-file blob \"$S:tree/$path\"; echo x)\n"
    "            text=${text%x}\n"
    "        }\n"
    "        mark=\"GITVAULT[$rule:$id]\" secret=$(value; echo x)\n"
    "        text=${text%%\"$mark\"*}${secret%x}${text#*\"$mark\"}\n"
    "    done\n"
    "    put\n"
    "}\n";

/* ---- what of this repository is on it ------------------------------------ */

struct card {
	struct gv_ctx *ctx;
	struct gv_buf name, remotes, readers, copy, choose;
	struct gv_card_known known;
	struct gv_card_stores stores;
	struct gv_json *json;
	size_t n; /* remotes and stores */
};

static const char or_else[] = " ||\n    ";

static void
add_copy(struct card *c, const char *name, const char *address)
{
	gv_buf_addf(&c->remotes, "%-12s %s\n", name, address);
	gv_buf_addf(&c->copy, "%sgit clone --mirror ", c->n++ ? or_else : "");
	gv_shell_quote(&c->copy, address);
	gv_buf_addstr(&c->copy, " rescue.git");
	if (c->json) {
		gv_json_object(c->json, NULL);
		gv_json_string(c->json, "name", name);
		gv_json_string(c->json, "address", address);
		gv_json_end(c->json);
	}
}

static int
add_remote(struct card *c, const struct gv_remote *remote)
{
	struct gv_buf name = GV_BUF_INIT, url = GV_BUF_INIT,
		      shown = GV_BUF_INIT;
	int r;

	gv_buf_add(&name, remote->name, remote->len);
	if ((r = gv_buf_check(&name)) < 0 ||
	    (r = gv_remote_address(
		 &url, &c->ctx->repo->config, name.p, false)) <= 0)
		goto out;
	/* a card is seen by many */
	gv_remote_add_bare(&shown, url.p);
	if ((r = gv_buf_check(&shown)) == 0)
		add_copy(c, name.p, shown.p);
out:
	gv_buf_release(&name);
	gv_buf_release(&url);
	gv_buf_release(&shown);
	return r < 0 ? r : 0;
}

static int
add_remotes(struct card *c)
{
	struct gv_remote remote;
	size_t at = 0;
	int r = 0;

	gv_buf_addstr(&c->copy, "umask 077\nKEY=$HOME/identity\n");
	if (c->json)
		gv_json_array(c->json, "remotes");
	while (r == 0 && gv_remote_next(&remote, &at, &c->ctx->repo->config))
		r = add_remote(c, &remote);
	gv_buf_add(&c->remotes, c->stores.lines.p, c->stores.lines.len);
	if (c->stores.n)
		gv_buf_addf(&c->copy, "%s%s", c->n ? or_else : "",
		    c->stores.commands.p);
	c->n += c->stores.n;
	if (r == 0 && c->n == 0) {
		gv_out_warn(c->ctx->out,
		    "there is no remote and no copy in a store: without this "
		    "disk nothing comes back");
		add_copy(c, "(this disk)", c->ctx->repo->common_dir);
	}
	if (c->json)
		gv_json_end(c->json);
	gv_buf_addstr(&c->copy, "\n");
	return r;
}

static int
add_readers(struct card *c)
{
	struct gv_keyring_kept kept;
	int r = gv_keyring_load(&kept, c->ctx->repo);
	const size_t n = r == 0 ? kept.keyring.n_recipients : 0;
	size_t i, k;

	if (c->json)
		gv_json_array(c->json, "keys");
	for (i = 0; i < n; i++) {
		const struct gv_keyring_recipient *who =
		    &kept.keyring.recipients[i];

		if (who->role == GV_KEYRING_WRITER)
			continue;
		gv_buf_addf(&c->readers, "%-20s %-12s", who->name,
		    who->all ? "all" : "");
		for (k = 0; k < who->n_scopes; k++)
			gv_buf_addf(
			    &c->readers, "%s%s", k ? "," : "", who->scopes[k]);
		gv_buf_addf(&c->readers, " %.44s\n", who->key);
		if (c->json) {
			gv_json_object(c->json, NULL);
			gv_json_string(c->json, "name", who->name);
			gv_json_string(c->json, "key", who->key);
			gv_json_end(c->json);
		}
	}
	if (c->json)
		gv_json_end(c->json);
	if (r == 0)
		gv_keyring_kept_release(&kept);
	else if (r == GV_ENOTFOUND)
		r = 0;
	if (r == 0 && c->readers.len == 0)
		gv_buf_addstr(
		    &c->readers, "(no keyring: nothing is encrypted)\n");
	return r;
}

static int
add_known(struct card *c)
{
	int r = gv_card_known_load(&c->known, c->ctx);

	if (r < 0)
		return r;
	if (*c->known.commit) {
		gv_buf_addf(&c->choose, "GOOD=%s\n%s%s", c->known.commit,
		    newest, compare);
		return gv_buf_check(&c->choose);
	}
	gv_out_warn(c->ctx->out,
	    "no snapshot is known to be good, so the card brings back what "
	    "anybody can have pushed; to take one here: git vault snapshot");
	gv_buf_addstr(&c->known.lines, "(none)\n");
	gv_buf_addf(&c->choose, "%s%s", newest, show);
	return gv_buf_check(&c->choose);
}

/* The name of the directory that has the repository. */
static void
set_name(struct card *c)
{
	const char *path = c->ctx->repo->worktree;
	const char *slash;

	if (path == NULL)
		path = c->ctx->repo->common_dir;
	slash = strrchr(path, '/');
	gv_buf_addstr(&c->name, slash && slash[1] ? slash + 1 : path);
}

/* ---- the page ------------------------------------------------------------ */

/* A heading, a sentence, and lines as they are typed; in text the lines of
 * commands are indented by a tab, so that they can be found. */
static void
add_part(struct gv_buf *out, bool html, const char *head, const char *say,
    const char *lines)
{
	const char *end;

	if (html) {
		gv_buf_addf(out, "<h2>%s</h2>\n<p>%s</p>\n<pre>", head, say);
		gv_enc_xml(out, lines);
		gv_buf_addstr(out, "</pre>\n");
		return;
	}
	gv_buf_addf(out, "\n%s\n%s\n", head, say);
	for (; *lines; lines = *end ? end + 1 : end) {
		end = lines + strcspn(lines, "\n");
		gv_buf_addf(out, "\t%.*s\n", (int)(end - lines), lines);
	}
}

static void
add_head(struct gv_buf *out, const struct card *c, bool html)
{
	char now[GV_TIME_MAX];

	gv_time_rfc3339(now, c->ctx->now);
	if (!html) {
		gv_buf_addf(
		    out, "EMERGENCY CARD of %s, %.10s\n", c->name.p, now);
		return;
	}
	gv_buf_addstr(out,
	    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
	    "<meta charset=\"utf-8\">\n<title>Emergency card</title>\n<style>\n"
	    "@page { size: A4; margin: 8mm 10mm }\n"
	    "body { font: 8pt/1.15 sans-serif; color: #000; "
	    "background: #fff; max-width: 190mm; margin: auto }\n"
	    "h1 { font-size: 13pt; margin: 0 }\n"
	    "h2 { font-size: 9.5pt; margin: 1mm 0 0 }\np { margin: 0 }\n"
	    "pre { font: 6.7pt/1.12 monospace; margin: .4mm 0; "
	    "white-space: pre-wrap; overflow-wrap: anywhere }\n"
	    "</style>\n</head>\n<body>\n<h1>Emergency card of ");
	gv_enc_xml(out, c->name.p);
	gv_buf_addf(out, ", %.10s</h1>\n", now);
}

static void
add_page(struct gv_buf *out, const struct card *c, bool html)
{
	add_head(out, c, html);
	add_part(out, html, "Where it is",
	    "The copies of this repository:", c->remotes.p);
	add_part(out, html, "Who can open it",
	    "One of these people has to be there with the file of their key:",
	    c->readers.p);
	add_part(out, html, "What is known to be good",
	    "The newest snapshot of each environment that somebody vouched "
	    "for:",
	    c->known.lines.p);
	add_part(out, html, "On paper",
	    "Whom to call, and where the key and this card are:",
	    "______________________________________________________\n"
	    "______________________________________________________\n");
	add_part(out, html, "1. Copy it",
	    c->stores.n
		? "Any machine with git, age, gzip and sh. A copy in a store "
		  "needs git-vault and the\ncredentials of that store, too; "
		  "without git-vault, follow git-vault-recovery(7).\nThe key "
		  "goes to ~/identity first."
		: "Any machine with git, age, gzip and sh. The key goes to "
		  "~/identity first.",
	    c->copy.p);
	add_part(out, html, "2. Choose the snapshot",
	    *c->known.commit
		? "Anybody who can push can make the newest one, with any date "
		  "and author. Compare:\nonly if you know each change in it, "
		  "type S=$NEW before step 3."
		: "It is the newest. Anybody who can push can have made it, "
		  "with any date and author.",
	    c->choose.p);
	add_part(
	    out, html, "3. The files", "They go to the directory out.", files);
	add_part(out, html, "4. The secrets",
	    "Each comes back to its place in out.", secrets);
	add_part(out, html, "5. The rest",
	    "States, modes and large files: install git-vault, or follow "
	    "the page git-vault-recovery(7) of its manual.",
	    "");
	if (html)
		gv_buf_addstr(out, "</body>\n</html>\n");
}

/* A name can have signs in it that a terminal obeys. */
static void
tame(struct gv_buf *page)
{
	size_t i;

	for (i = 0; i < page->len; i++)
		if (((unsigned char)page->p[i] < 0x20 && page->p[i] != '\n' &&
			page->p[i] != '\t') ||
		    page->p[i] == 0x7f)
			page->p[i] = '?';
}

static int
print(struct gv_ctx *ctx, int format)
{
	struct card c = { .ctx = ctx,
		.json = ctx->json,
		.name = GV_BUF_INIT,
		.remotes = GV_BUF_INIT,
		.readers = GV_BUF_INIT,
		.copy = GV_BUF_INIT,
		.choose = GV_BUF_INIT };
	struct gv_buf page = GV_BUF_INIT;
	int r;

	if (c.json)
		gv_json_object(c.json, NULL);
	set_name(&c);
	if ((r = gv_card_stores_load(&c.stores, ctx)) < 0 ||
	    (r = add_remotes(&c)) < 0 || (r = add_readers(&c)) < 0 ||
	    (r = add_known(&c)) < 0)
		goto out;
	gv_buf_addstr(&c.copy, "cd rescue.git\n");
	if ((r = gv_buf_check(&c.name)) < 0 ||
	    (r = gv_buf_check(&c.remotes)) < 0 ||
	    (r = gv_buf_check(&c.readers)) < 0 ||
	    (r = gv_buf_check(&c.copy)) < 0)
		goto out;
	add_page(&page, &c, format == HTML);
	if ((r = gv_buf_check(&page)) < 0)
		goto out;
	tame(&page);
	if (c.json) {
		gv_json_string(c.json, "card", page.p);
		gv_json_end(c.json);
	} else {
		gv_out_write(ctx->out, page.p, page.len);
	}
out:
	gv_buf_release(&c.name);
	gv_buf_release(&c.remotes);
	gv_buf_release(&c.readers);
	gv_buf_release(&c.copy);
	gv_buf_release(&c.choose);
	gv_card_known_release(&c.known);
	gv_card_stores_release(&c.stores);
	gv_buf_release(&page);
	return r;
}

static int
run(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct card_opts *o = ctx->opts;
	struct gv_json own = GV_JSON_INIT, *json = ctx->json;
	int r;

	(void)argc;
	(void)argv;
	own.out = ctx->out;
	if (o->format == JSON && json == NULL)
		ctx->json = &own;
	r = print(ctx, o->format);
	ctx->json = json;
	if (r == 0)
		r = gv_json_flush(&own);
	gv_json_release(&own);
	return r;
}

const struct gv_cmd cmd_emergency_card = {
	.name = "emergency-card",
	.summary = "print a page that brings everything back without git-vault",
	.usage = "[--format FORMAT]",
	.group = GV_CMD_BACK,
	.flags = GV_CMD_REPO | GV_CMD_FORMAT,
	.opts = opts,
	.opts_size = sizeof(struct card_opts),
	.run = run,
};
