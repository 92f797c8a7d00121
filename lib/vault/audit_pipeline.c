#include <stddef.h>

#include "base/buf.h"
#include "infra/pipeline.h"
#include "sys/env.h"
#include "vault/audit_internal.h"

/*
 * For whom a pipeline works, or a server takes a push: what the environment
 * says of that, which proves nothing.
 */

/* By what variable a server is known, and where it says who pushes: the first
 * of the two that is set. */
static const struct {
	const char *name, *is, *who, *or_who;
} servers[] = {
	{ "gitlab-push", "GL_REPOSITORY", "GL_USERNAME", "GL_ID" },
	{ "gitea-push", "GITEA_PUSHER_NAME", "GITEA_PUSHER_NAME", NULL },
	{ "gitolite-push", "GL_USER", "GL_USER", NULL },
	{ "http-push", "REMOTE_USER", "REMOTE_USER", NULL },
};

#define WHO_MOST 512 /* bytes that are told */

static void
say(struct gv_buf *out, const char *name, const char *who)
{
	size_t len = who ? strlen(who) : 0;

	gv_buf_addstr(out, name);
	if (who == NULL)
		return;
	/* to the last letter */
	if (len > WHO_MOST)
		for (len = WHO_MOST; ((unsigned char)who[len] & 0xc0) == 0x80;)
			len--;
	gv_buf_addch(out, ' ');
	gv_buf_add(out, who, len);
}

static const char *
get(void *ctx, const char *name)
{
	(void)ctx;
	return gv_env_get(name);
}

static void
say_server(struct gv_buf *out)
{
	const char *who;
	size_t i;

	for (i = 0; i < sizeof(servers) / sizeof(servers[0]); i++) {
		if (gv_env_get(servers[i].is) == NULL)
			continue;
		who = gv_env_get(servers[i].who);
		if (who == NULL && servers[i].or_who)
			who = gv_env_get(servers[i].or_who);
		say(out, servers[i].name, who);
		return;
	}
}

void
gv_audit_pipeline_add(struct gv_buf *out)
{
	const struct gv_pipeline_look look = { .get = get };
	struct gv_pipeline p;

	if (gv_pipeline_detect(&p, &look) < 0) {
		out->failed = true;
		return;
	}
	if (p.provider)
		say(out, p.provider, p.actor);
	else
		say_server(out);
	gv_pipeline_release(&p);
}
