#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "audit/audit_internal.h"
#include "base/buf.h"
#include "base/err.h"
#include "infra/pipeline.h"
#include "policy/disclosure.h"
#include "sys/env.h"

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

#define WHO_MOST 512 /* bytes that are recorded */

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

/* Where that is withheld: of which variable, and for which rule. */
static void
say_all(struct gv_buf *out, const char *name, const char *who,
    const struct gv_buf *withheld)
{
	say(out, name, who);
	if (who == NULL && withheld->len)
		gv_buf_addf(out, " without %s", withheld->p);
}

static int
say_server(struct gv_buf *out, struct gv_disclosure *d)
{
	struct gv_buf of = GV_BUF_INIT, withheld = GV_BUF_INIT;
	const char *name, *who;
	size_t i, n = sizeof(servers) / sizeof(servers[0]);
	int r = 1;

	for (i = 0; i < n && gv_env_get(servers[i].is) == NULL; i++)
		;
	if (i == n)
		return 0;
	name = servers[i].who;
	if (gv_env_get(name) == NULL && servers[i].or_who)
		name = servers[i].or_who;
	who = gv_env_get(name);
	gv_buf_addf(&of, "${%s}", name);
	if ((r = gv_buf_check(&of)) == 0 && who)
		r = gv_disclosure_take(&withheld, d, of.p, who);
	if (r >= 0)
		say_all(out, servers[i].name, r ? who : NULL, &withheld);
	gv_buf_release(&of);
	gv_buf_release(&withheld);
	return r < 0 ? r : 0;
}

static int
say_judged(struct gv_buf *out, struct gv_repo *repo)
{
	struct gv_disclosure d = GV_DISCLOSURE_INIT(repo);
	struct gv_buf withheld = GV_BUF_INIT;
	struct gv_pipeline p;
	int r = gv_disclosure_pipeline(&p, &withheld, &d);

	if (r == 0 && p.provider)
		say_all(out, p.provider, p.actor, &withheld);
	else if (r == 0)
		r = say_server(out, &d);
	gv_pipeline_release(&p);
	gv_buf_release(&withheld);
	gv_disclosure_release(&d);
	return r < 0 ? r : gv_buf_check(out);
}

int
gv_audit_pipeline_add(struct gv_buf *out, struct gv_repo *repo)
{
	char *before = gv_err_save();
	int r = say_judged(out, repo);

	/* a repository that is damaged, so that the team's rules cannot be
	 * read, is repaired with the help of this event */
	if (r < 0 && r != GV_ENOMEM)
		r = say_judged(out, NULL);
	if (r == 0)
		gv_err_restore(before);
	else
		free(before);
	return r;
}
