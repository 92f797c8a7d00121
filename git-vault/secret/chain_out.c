#include "git-vault/secret/chain_out.h"

#include <inttypes.h>
#include <string.h>

#include "audit/audit_check.h"
#include "base/time.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"

static const char *const who_names[] = {
	[GV_AUDIT_WHO_KEYRING] = "keyring",
	[GV_AUDIT_WHO_FORMER] = "former",
	[GV_AUDIT_WHO_HOST] = "host",
	[GV_AUDIT_WHO_GIVEN] = "given",
	[GV_AUDIT_WHO_NOBODY] = "nobody",
};

static enum gv_audit_who
who_of(const struct gv_audit_signed *s)
{
	return s->who ? s->who->who : GV_AUDIT_WHO_NOBODY;
}

const char *
gv_chain_out_who(const struct gv_audit_signer *signer)
{
	return who_names[signer ? signer->who : GV_AUDIT_WHO_NOBODY];
}

/* ---- JSON ---- */

static void
add_keys(struct gv_json *j, const struct gv_audit_chain *chain)
{
	char print[GV_KEYRING_PRINT];
	size_t i;

	gv_json_array(j, "keys");
	for (i = 0; i < chain->n_keys; i++) {
		const struct gv_audit_signed *s = &chain->keys[i];

		gv_audit_signers_print(print, s->key);
		gv_json_object(j, NULL);
		gv_json_string(j, "fingerprint", print);
		gv_json_string(j, "signer_is", who_names[who_of(s)]);
		gv_json_string(j, "name", s->who ? s->who->name : NULL);
		if (who_of(s) == GV_AUDIT_WHO_FORMER)
			gv_json_time(j, "until_time", s->who->until);
		else
			gv_json_null(j, "until_time");
		gv_json_uint(j, "events", s->events);
		gv_json_end(j);
	}
	gv_json_end(j);
}

static void
add_faults(struct gv_json *j, const struct gv_audit_chain *chain)
{
	size_t i;

	gv_json_array(j, "faults");
	for (i = 0; i < chain->n_faults; i++) {
		gv_json_object(j, NULL);
		gv_json_string(j, "kind", chain->faults[i].kind);
		gv_json_oid(j, "event", &chain->faults[i].event);
		gv_json_string(j, "message", chain->faults[i].text);
		gv_json_end(j);
	}
	gv_json_end(j);
	gv_json_uint(j, "faults_total", chain->n_faults + chain->more);
	gv_json_uint(j, "unknown", chain->unknown);
	gv_json_array(j, "notes");
	for (i = 0; i < chain->n_notes; i++)
		gv_json_string(j, NULL, chain->notes[i]);
	gv_json_end(j);
}

static void
print_json(struct gv_json *j, const struct gv_audit_check *check)
{
	size_t i;

	gv_json_object(j, NULL);
	gv_json_bool(j, "intact", check->n_faults == 0);
	gv_json_array(j, "chains");
	for (i = 0; i < check->n; i++) {
		const struct gv_audit_chain *c = &check->chains[i];

		gv_json_object(j, NULL);
		gv_json_string(j, "host", c->host);
		gv_json_oid(j, "end", &c->tip);
		gv_json_oid(j, "remote_end", &c->theirs);
		gv_json_uint(j, "events", c->events);
		gv_json_uint(j, "signed", c->n_signed);
		if (c->events) {
			gv_json_time(j, "first_time", c->first);
			gv_json_time(j, "last_time", c->last);
		} else {
			gv_json_null(j, "first_time");
			gv_json_null(j, "last_time");
		}
		add_keys(j, c);
		add_faults(j, c);
		gv_json_end(j);
	}
	gv_json_end(j);
	gv_json_string(j, "keyring_fault", check->signers.why);
	gv_json_uint(j, "waiting", check->waiting);
	gv_json_end(j);
}

/* ---- text ---- */

static void
print_keys(struct gv_ctx *ctx, const struct gv_audit_chain *chain)
{
	static const char *const texts[] = {
		[GV_AUDIT_WHO_KEYRING] = "of the keyring",
		[GV_AUDIT_WHO_FORMER] = "once of the keyring",
		[GV_AUDIT_WHO_HOST] = "of this host, and not of the keyring",
		[GV_AUDIT_WHO_GIVEN] = "given by --signer",
		[GV_AUDIT_WHO_NOBODY] = "nobody knows whose",
	};
	char print[GV_KEYRING_PRINT], count[GV_OUT_SIZE_MAX];
	size_t i;

	for (i = 0; i < chain->n_keys; i++) {
		const struct gv_audit_signed *s = &chain->keys[i];
		const char *name = s->who ? s->who->name : NULL;

		gv_audit_signers_print(print, s->key);
		gv_out_count(count, s->events, "event");
		gv_out_printf(ctx->out, "  %s signed by %s%s%s, %s\n", count,
		    print, name ? " " : "", name ? name : "", texts[who_of(s)]);
	}
}

static void
print_chain(struct gv_ctx *ctx, const struct gv_audit_chain *c)
{
	char count[GV_OUT_SIZE_MAX], first[GV_TIME_MAX], last[GV_TIME_MAX];
	char hex[GV_OID_HEX + 1];
	bool whole = c->n_faults == 0;
	bool unsure = !whole && c->unknown == c->n_faults + c->more;
	size_t i;

	gv_out_paint(ctx->out,
	    whole        ? GV_OUT_ADDED
		: unsure ? GV_OUT_CHANGED
			 : GV_OUT_REMOVED,
	    "%s",
	    whole        ? "whole"
		: unsure ? "unsure"
			 : "faulty");
	gv_out_count(count, c->events, "event");
	gv_out_printf(ctx->out, " %s: %s", c->host, count);
	if (c->events) {
		gv_time_rfc3339(first, c->first);
		gv_time_rfc3339(last, c->last);
		gv_out_printf(ctx->out, ", %" PRIu64 " signed, %s to %s",
		    c->n_signed, first, last);
	}
	gv_out_printf(ctx->out, "\n");
	if (ctx->verbosity > 0 || !whole)
		print_keys(ctx, c);
	for (i = 0; i < c->n_faults; i++) {
		const struct gv_audit_fault *f = &c->faults[i];

		gv_oid_format(hex, &f->event);
		gv_out_printf(ctx->out, "  ");
		gv_out_paint(ctx->out,
		    strcmp(f->kind, "unknown") == 0 ? GV_OUT_CHANGED
						    : GV_OUT_REMOVED,
		    "%s", f->kind);
		gv_out_printf(ctx->out, " %s: ", hex);
		gv_out_text(ctx->out, f->text, strlen(f->text));
		gv_out_printf(ctx->out, "\n");
	}
	if (c->more)
		gv_out_printf(ctx->out, "  and %" PRIu64 " more\n", c->more);
	for (i = 0; i < c->n_notes; i++)
		gv_out_warn(ctx->out, "%s: %s", c->host, c->notes[i]);
}

void
gv_chain_out(struct gv_ctx *ctx, const struct gv_audit_check *check)
{
	size_t i;

	if (ctx->json)
		print_json(ctx->json, check);
	for (i = 0; !ctx->json && i < check->n; i++)
		print_chain(ctx, &check->chains[i]);
	if (!ctx->json && check->n == 0)
		gv_out_say(ctx->out,
		    "there is no audit chain yet: nothing that it records has "
		    "happened here");
	if (check->signers.why)
		gv_out_warn(ctx->out,
		    "the keyring is not believed, so nobody's key is known by "
		    "it: %s",
		    check->signers.why);
	if (check->waiting)
		gv_out_warn(ctx->out,
		    "%" PRIu64 " event%s to be recorded with the next one%s",
		    check->waiting, check->waiting == 1 ? " waits" : "s wait",
		    check->damaged ? ", and some of these are damaged: look "
				     "into .git/vault/audit-queue"
				   : "");
}
