#include "foreign/working_copy_address.h"

#include <string.h>

#include "base/buf.h"
#include "base/enc.h"
#include "base/err.h"

#define MAX_ADDRESS 4096

/* Behind the scheme and a user's name. */
static const char *
find_host(const char *tool, const char *address)
{
	static const char *const schemes[][6] = {
		{ "http://", "https://", "svn://", "svn+ssh://", "file://",
		    NULL },
		{ "http://", "https://", "ssh://", "file://", NULL },
	};
	const char *const *s = schemes[strcmp(tool, "hg") == 0];
	const char *host, *at, *end;

	for (; *s; s++)
		if (strncmp(address, *s, strlen(*s)) == 0)
			break;
	if (*s == NULL)
		return NULL;
	host = address + strlen(*s);
	end = host + strcspn(host, "/?#");
	at = memrchr(host, '@', (size_t)(end - host));
	return at ? at + 1 : host;
}

bool
gv_working_copy_is_address(const char *tool, const char *address, size_t len)
{
	const char *host;
	size_t i;

	if (len == 0 || len > MAX_ADDRESS || memchr(address, '\0', len))
		return false;
	for (i = 0; i < len; i++)
		if ((unsigned char)address[i] <= ' ' || address[i] == 0x7f)
			return false;
	if (strcmp(tool, "hg") == 0 && *address == '/')
		return true;
	host = find_host(tool, address);
	/* ssh would take such a user or host for an option */
	return host && *host != '-' && strstr(address, "//-") == NULL;
}

int
gv_working_copy_login_init(
    struct gv_working_copy_login *out, const char *address)
{
	static const struct gv_buf none = GV_BUF_WIPED_INIT;
	const char *user = strstr(address, "://"), *at, *colon;
	int r = 0;

	out->address = out->user = out->password = none;
	user = user ? user + 3 : address + strlen(address);
	at = memrchr(user, '@', strcspn(user, "/?#"));
	colon = at ? memchr(user, ':', (size_t)(at - user)) : NULL;
	if (colon == NULL) {
		gv_buf_addstr(&out->address, address);
		return gv_buf_check(&out->address);
	}
	gv_buf_add(&out->address, address, (size_t)(colon - address));
	gv_buf_addstr(&out->address, colon == user ? at + 1 : at);
	if ((r = gv_enc_unpercent(&out->user, user, (size_t)(colon - user))) ==
	    0)
		r = gv_enc_unpercent(
		    &out->password, colon + 1, (size_t)(at - colon) - 1);
	if (r == GV_EREFUSED)
		r = gv_err(r,
		    "the user or the password in the address of its server has "
		    "a '%%' without two digits");
	return r < 0 ? r : gv_buf_check(&out->address);
}

size_t
gv_working_copy_login_words(
    const char **out, const struct gv_working_copy_login *login)
{
	size_t n = 0;

	if (login->password.len == 0)
		return 0;
	out[n++] = "--no-auth-cache";
	out[n++] = "--password-from-stdin";
	if (login->user.len) {
		out[n++] = "--username";
		out[n++] = login->user.p;
	}
	return n;
}

int
gv_working_copy_login_input(
    struct gv_buf *in, const struct gv_working_copy_login *login)
{
	gv_buf_add(in, login->password.p, login->password.len);
	gv_buf_addch(in, '\n');
	return gv_buf_check(in);
}

void
gv_working_copy_login_release(struct gv_working_copy_login *login)
{
	gv_buf_release(&login->address);
	gv_buf_release(&login->user);
	gv_buf_release(&login->password);
}

int
gv_working_copy_local(struct gv_buf *path, const char *address)
{
	static const char file[] = "file://", host[] = "localhost/";
	const char *p = address;

	if (*p == '/') {
		gv_buf_addstr(path, p);
		return gv_buf_check(path);
	}
	if (strncmp(p, file, sizeof(file) - 1) != 0)
		return GV_ENOTFOUND;
	p += sizeof(file) - 1;
	if (strncmp(p, host, sizeof(host) - 1) == 0)
		p += sizeof(host) - 2;
	return *p == '/' ? gv_enc_unpercent(path, p, strlen(p)) : GV_ENOTFOUND;
}

int
gv_working_copy_hgrc_source(struct gv_buf *out, const char *text, size_t len)
{
	const char *p = text, *end = text + len;
	bool is_paths = false;

	while (p < end) {
		const char *line = p, *to = memchr(p, '\n', (size_t)(end - p));
		size_t n = (size_t)((to ? to : end) - line);

		p = to ? to + 1 : end;
		while (n &&
		    (line[n - 1] == '\r' || line[n - 1] == ' ' ||
			line[n - 1] == '\t'))
			n--;
		if (n && *line == '[')
			is_paths = n == 7 && memcmp(line, "[paths]", 7) == 0;
		if (!is_paths || n < 8 || memcmp(line, "default", 7) != 0)
			continue;
		to = line + n;
		for (line += 7; line < to && (*line == ' ' || *line == '\t');)
			line++;
		if (line == to || *line != '=')
			continue;
		for (line++; line < to && (*line == ' ' || *line == '\t');)
			line++;
		gv_buf_reset(out);
		gv_buf_add(out, line, (size_t)(to - line));
	}
	return gv_buf_check(out) < 0 ? GV_ENOMEM : out->len ? 0 : GV_ENOTFOUND;
}
