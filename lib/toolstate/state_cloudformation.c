#include "toolstate/state_cloudformation.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"

/*
 * CloudFormation keeps its states to itself; what there is are the answers of
 * `aws cloudformation`, and templates:
 *
 *	describe-stacks		{ "Stacks": [ { "StackName", "StackId",
 *	  "StackStatus", "Parameters": [ { "ParameterKey",
 *	  "ParameterValue" } ], "Outputs": [ { "OutputKey",
 *	  "OutputValue" } ] } ] }
 *	describe-stack-resources, list-stack-resources
 *				{ "StackResources" | "StackResourceSummaries": [
 *	  { "LogicalResourceId", "PhysicalResourceId", "ResourceType",
 *	    "ResourceStatus", "StackId" } ] }
 *	describe-stack-resource-drifts
 *				{ "StackResourceDrifts": [ { the same, but
 *	  "StackResourceDriftStatus", and texts of JSON } ] }
 *	describe-stack-resource, detect-stack-resource-drift
 *				{ "StackResourceDetail" | "StackResourceDrift":
 *	  the same }
 *	describe-stack-drift-detection-status
 *				{ "StackId", "StackDriftDetectionId",
 *	  "StackDriftStatus", "DriftedStackResourceCount" }
 *	list-change-sets	{ "Summaries": [ { "StackId", "ChangeSetId",
 *	  "ChangeSetName", "Status" } ] }
 *	describe-change-set	{ "ChangeSetId", "StackId", "Parameters": [ … ],
 *	  "Changes": [ { "ResourceChange": { "Action", "LogicalResourceId",
 *	  "PhysicalResourceId", "ResourceType" } } ] }
 *	get-template		{ "TemplateBody": TEMPLATE | TEXT,
 *	  "StagesAvailable": [ … ] }
 *
 *	TEMPLATE { "AWSTemplateFormatVersion", "Parameters": { NAME: {
 *	  "Type", "NoEcho", "Default" } }, "Resources": { NAME: { "Type",
 *	  "Properties": {…}, "DependsOn" } }, "Outputs": { NAME: { "Value" } } }
 *
 * A template that is YAML comes as a text. Values of parameters that are not to
 * be echoed come as asterisks.
 */

struct cloudformation {
	uint64_t known; /* stacks, resources and changes of these */
	bool has_change_set, has_changes, has_stages, has_template, has_body;
	bool has_detection, has_drift;
	bool has_many; /* stacks */
	char writer[sizeof(((struct gv_state_info *)NULL)->writer)];
	char lineage[sizeof(((struct gv_state_info *)NULL)->lineage)];
	char odd[sizeof(((struct gv_state_info *)NULL)->damage)];
	char warning[sizeof(((struct gv_state_info *)NULL)->warning)];
	struct gv_buf address;
	struct gv_state_cloudformation_text text;
	bool has_text; /* that was looked into, the first one */
};

/* ---- places ---- */

static enum gv_state_cloudformation
place_in_template(const struct gv_jsontext_level *level)
{
	if (gv_state_is_level(level, true, "Resources"))
		return GV_STATE_CFN_TEMPLATE_RESOURCE;
	if (gv_state_is_level(level, true, "Parameters"))
		return GV_STATE_CFN_TEMPLATE_PARAMETER;
	if (gv_state_is_level(level, true, "Outputs"))
		return GV_STATE_CFN_TEMPLATE_OUTPUT;
	return GV_STATE_CFN_NOWHERE;
}

static enum gv_state_cloudformation
place_in_list(const struct gv_jsontext_level *level)
{
	if (gv_state_is_level(level, false, "StackResources") ||
	    gv_state_is_level(level, false, "StackResourceSummaries") ||
	    gv_state_is_level(level, false, "StackResourceDrifts"))
		return GV_STATE_CFN_RESOURCE;
	if (gv_state_is_level(level, false, "Stacks"))
		return GV_STATE_CFN_STACK;
	if (gv_state_is_level(level, false, "Changes"))
		return GV_STATE_CFN_CHANGE;
	if (gv_state_is_level(level, false, "Summaries"))
		return GV_STATE_CFN_CHANGE_SET;
	if (gv_state_is_level(level, false, "Parameters"))
		return GV_STATE_CFN_GIVEN;
	return GV_STATE_CFN_NOWHERE;
}

static enum gv_state_cloudformation
place_of(const struct gv_jsontext_level *levels, size_t n)
{
	if (n == 2)
		return levels[1].is_map ? place_in_template(&levels[1])
					: place_in_list(&levels[1]);
	if (n == 3 && levels[1].is_map &&
	    gv_state_is_level(&levels[1], true, "TemplateBody"))
		return place_in_template(&levels[2]);
	return GV_STATE_CFN_NOWHERE;
}

/* One resource alone, which is given as a whole. */
static bool
is_alone(const struct gv_jsontext_level *levels, size_t n)
{
	return n == 2 && levels[0].is_map &&
	    (gv_state_is_level(&levels[1], true, "StackResourceDetail") ||
		gv_state_is_level(&levels[1], true, "StackResourceDrift"));
}

static bool
cloudformation_whole(
    const void *own, const struct gv_jsontext_level *levels, size_t n)
{
	(void)own;
	return is_alone(levels, n);
}

static enum gv_state_cloudformation
place_of_piece(const struct gv_jsontext_piece *piece)
{
	static const char *const alone[] = { "StackResourceDetail",
		"StackResourceDrift" };

	if (piece->n_levels == 1 && piece->levels[0].is_map &&
	    piece->token.kind == GV_JSONTEXT_MAP &&
	    gv_state_key(&piece->token, alone, 2) < 2)
		return GV_STATE_CFN_RESOURCE;
	return place_of(piece->levels, piece->n_levels);
}

static bool
cloudformation_enter(const struct gv_jsontext_level *levels, size_t n)
{
	return n == 3 && place_of(levels, n) != GV_STATE_CFN_NOWHERE;
}

/* ---- the document ---- */

static bool
holds(const struct gv_jsontext_token *t, const char *text)
{
	return memmem(t->p, t->len, text, strlen(text)) != NULL;
}

/* Whether a text is a name of AWS for one of these. */
static bool
is_arn(const struct gv_jsontext_token *t, const char *kind)
{
	return t->kind == GV_JSONTEXT_TEXT && t->len > 4 &&
	    memcmp(t->p, "arn:", 4) == 0 && holds(t, ":cloudformation:") &&
	    holds(t, kind);
}

/* Of several stacks none is what the file is of. */
static void
take_stack(struct cloudformation *c, const struct gv_jsontext_token *id)
{
	char lineage[sizeof(c->lineage)] = "";

	if (!is_arn(id, ":stack/"))
		return;
	gv_state_read_lineage(lineage, sizeof(lineage), id->p, id->len);
	c->has_many |= c->lineage[0] && strcmp(c->lineage, lineage) != 0;
	memcpy(c->lineage, lineage, sizeof(lineage));
}

/* "2010-09-09", which there is no other of. */
static void
read_version(struct cloudformation *c, const struct gv_jsontext_token *t)
{
	static const char form[] = "0000-00-00";
	size_t i;

	if (t->kind != GV_JSONTEXT_TEXT || t->len != strlen(form))
		return;
	for (i = 0; i < t->len; i++) {
		if (form[i] == '0' ? !isdigit((unsigned char)t->p[i])
				   : t->p[i] != form[i])
			return;
	}
	c->has_template = gv_state_read_word(c->writer, sizeof(c->writer), t);
}

static int
cloudformation_member(void *own, const struct gv_jsontext_token *t)
{
	static const char *const names[] = { "AWSTemplateFormatVersion",
		"StackId", "ChangeSetId", "StagesAvailable", "TemplateBody",
		"Changes", "StackDriftDetectionId", "StackDriftStatus" };
	struct cloudformation *c = own;

	switch (gv_state_key(t, names, sizeof(names) / sizeof(names[0]))) {
	case 0:
		read_version(c, t);
		break;
	case 1:
		take_stack(c, t);
		break;
	case 2:
		c->has_change_set |= is_arn(t, ":changeSet/");
		break;
	case 3:
		c->has_stages = t->kind == GV_JSONTEXT_LIST;
		break;
	case 4:
		c->has_body =
		    t->kind == GV_JSONTEXT_MAP || t->kind == GV_JSONTEXT_TEXT;
		break;
	case 5:
		c->has_changes = t->kind == GV_JSONTEXT_LIST;
		break;
	case 6:
		c->has_detection = t->kind == GV_JSONTEXT_TEXT;
		break;
	case 7:
		c->has_drift = t->kind == GV_JSONTEXT_TEXT;
		break;
	default:
		break;
	}
	return 0;
}

static bool
cloudformation_claim(const void *own, struct gv_state_info *info)
{
	const struct cloudformation *c = own;

	if (!c->known && !(c->has_change_set && c->has_changes) &&
	    !c->has_template && !(c->has_stages && c->has_body) &&
	    !(c->has_detection && c->has_drift && c->lineage[0]))
		return false;
	memcpy(info->writer, c->writer, sizeof(info->writer));
	if (!c->has_many)
		memcpy(info->lineage, c->lineage, sizeof(info->lineage));
	if (info->damage[0] == '\0')
		(void)snprintf(
		    info->damage, sizeof(info->damage), "%s", c->odd);
	(void)snprintf(info->warning, sizeof(info->warning), "%s", c->warning);
	return true;
}

/* ---- what is one ---- */

static bool
is_text(const struct gv_jsontext_token *map, const char *name)
{
	return gv_state_find(map, name).kind == GV_JSONTEXT_TEXT;
}

/* AWS::S3::Bucket, Custom::Thing */
static bool
is_typed(const struct gv_jsontext_token *map, const char *name)
{
	const struct gv_jsontext_token type = gv_state_find(map, name);

	return type.kind == GV_JSONTEXT_TEXT && holds(&type, "::");
}

static bool
is_stack(const struct gv_jsontext_token *t)
{
	const struct gv_jsontext_token id = gv_state_find(t, "StackId");

	return is_arn(&id, ":stack/") && is_text(t, "StackName") &&
	    is_text(t, "StackStatus");
}

static bool
is_resource(const struct gv_jsontext_token *t)
{
	return is_text(t, "LogicalResourceId") && is_typed(t, "ResourceType") &&
	    (is_text(t, "ResourceStatus") ||
		is_text(t, "StackResourceDriftStatus"));
}

static bool
is_change_set(const struct gv_jsontext_token *t)
{
	const struct gv_jsontext_token id = gv_state_find(t, "ChangeSetId");

	return is_arn(&id, ":changeSet/") && is_text(t, "ChangeSetName") &&
	    is_text(t, "Status");
}

static bool
is_change(const struct gv_jsontext_token *t)
{
	const struct gv_jsontext_token in = gv_state_find(t, "ResourceChange");

	return is_text(&in, "LogicalResourceId") && is_text(&in, "Action") &&
	    is_typed(&in, "ResourceType");
}

bool
gv_state_cloudformation_is_listed(const struct gv_jsontext_token *map)
{
	return is_stack(map) || is_resource(map) || is_change_set(map) ||
	    is_change(map);
}

/* A module that is yet to be filled in has a type of its own, which is to be
 * believed in what is a template. */
static bool
is_made(struct cloudformation *c, const struct gv_jsontext_token *t)
{
	if (is_typed(t, "Type"))
		return true;
	if (is_text(t, "Type"))
		return c->has_template || c->known;
	/* loops and macros stand among resources */
	if (c->odd[0] == '\0' &&
	    !(t->key_len > 4 && memcmp(t->key, "Fn::", 4) == 0))
		(void)snprintf(c->odd, sizeof(c->odd),
		    "a resource of its template has no type");
	return false;
}

static bool
is_in_template(struct cloudformation *c, enum gv_state_cloudformation place,
    const struct gv_jsontext_token *t)
{
	if (place == GV_STATE_CFN_TEMPLATE_OUTPUT)
		return gv_state_find(t, "Value").kind != GV_JSONTEXT_NULL;
	if (place == GV_STATE_CFN_TEMPLATE_PARAMETER)
		return is_text(t, "Type");
	return is_made(c, t);
}

static bool
is_item(struct cloudformation *c, enum gv_state_cloudformation place,
    const struct gv_jsontext_token *t)
{
	switch (place) {
	case GV_STATE_CFN_NOWHERE:
		return false;
	case GV_STATE_CFN_STACK:
		return is_stack(t);
	case GV_STATE_CFN_RESOURCE:
		return is_resource(t);
	case GV_STATE_CFN_CHANGE:
		return is_change(t);
	case GV_STATE_CFN_CHANGE_SET:
		return is_change_set(t);
	case GV_STATE_CFN_GIVEN:
		return is_text(t, "ParameterKey");
	default:
		return is_in_template(c, place, t);
	}
}

/* Append a word and a text of a map. */
static void
call(struct gv_buf *out, const char *word, const struct gv_jsontext_token *map,
    const char *name)
{
	const struct gv_jsontext_token t = gv_state_find(map, name);
	const struct gv_state_text text = gv_state_text_of(&t);

	gv_buf_addstr(out, word);
	if (text.p)
		gv_state_text_add(out, &text);
}

/* Append what an item is called. A template's resources and parameters share
 * their names, and are referred to by them. */
static void
add_address(struct gv_buf *out, enum gv_state_cloudformation place,
    const struct gv_jsontext_token *t)
{
	const struct gv_state_text key = { t->key, t->key_len, t->key_escaped };
	struct gv_jsontext_token in;

	switch (place) {
	case GV_STATE_CFN_NOWHERE:
		break;
	case GV_STATE_CFN_STACK:
		call(out, "stack.", t, "StackName");
		break;
	case GV_STATE_CFN_RESOURCE:
		call(out, "", t, "LogicalResourceId");
		break;
	case GV_STATE_CFN_CHANGE:
		in = gv_state_find(t, "ResourceChange");
		call(out, "", &in, "LogicalResourceId");
		break;
	case GV_STATE_CFN_CHANGE_SET:
		call(out, "changeset.", t, "ChangeSetName");
		break;
	case GV_STATE_CFN_GIVEN:
		call(out, "", t, "ParameterKey");
		break;
	case GV_STATE_CFN_TEMPLATE_OUTPUT:
		gv_buf_addstr(out, "output.");
		/* fall through */
	default:
		gv_state_text_add(out, &key);
		break;
	}
}

/* Parameters and outputs others may have as well. */
static bool
is_head(enum gv_state_cloudformation place)
{
	return place == GV_STATE_CFN_GIVEN ||
	    place == GV_STATE_CFN_TEMPLATE_PARAMETER ||
	    place == GV_STATE_CFN_TEMPLATE_OUTPUT;
}

/* Whether a piece is a template that is a text. */
static bool
is_text_template(const struct gv_jsontext_piece *piece)
{
	static const char *const name[] = { "TemplateBody" };

	return piece->n_levels == 1 && piece->levels[0].is_map &&
	    piece->token.kind == GV_JSONTEXT_TEXT &&
	    gv_state_key(&piece->token, name, 1) == 0;
}

static enum gv_state_unit
cloudformation_unit(
    void *own, const struct gv_jsontext_piece *piece, struct gv_buf *name)
{
	static const char *const version[] = { "AWSTemplateFormatVersion" };
	const struct gv_jsontext_token *t = &piece->token;
	enum gv_state_cloudformation place = place_of_piece(piece);
	struct cloudformation *c = own;

	if (piece->n_levels == 2 && gv_state_key(t, version, 1) == 0 &&
	    gv_state_is_level(&piece->levels[1], true, "TemplateBody"))
		read_version(c, t);
	if (is_text_template(piece) && !c->has_text) {
		gv_buf_add(name, t->key, t->key_len);
		return GV_STATE_HEAD;
	}
	if (!is_item(c, place, t))
		return GV_STATE_OTHER;
	add_address(name, place, t);
	return is_head(place) ? GV_STATE_HEAD : GV_STATE_BODY;
}

/* An item of these bytes. */
static int
read_item(struct cloudformation *c, struct gv_state_items *items,
    enum gv_state_cloudformation place, const struct gv_jsontext_token *t,
    const struct gv_state_text *from)
{
	struct gv_state_item item = { .text = from->p, .len = from->len };
	int r;

	c->known += !is_head(place);
	gv_buf_reset(&c->address);
	add_address(&c->address, place, t);
	r = gv_state_items_call(items, &item, &c->address);
	return r < 0 ? r : gv_state_cloudformation_item(items, &item, place, t);
}

/* A piece of a template that is a text. */
static int
read_text_piece(struct cloudformation *c, struct gv_state_items *items,
    const struct gv_jsontext_piece *piece, const struct gv_state_text *from)
{
	static const char *const version[] = { "AWSTemplateFormatVersion" };
	const struct gv_jsontext_token *t = &piece->token;
	enum gv_state_cloudformation place;

	if (piece->kind != GV_JSONTEXT_PIECE_VALUE || !t->has_key)
		return 0;
	if (piece->n_levels == 1 && gv_state_key(t, version, 1) == 0)
		read_version(c, t);
	if (piece->n_levels != 2)
		return 0;
	place = place_in_template(&piece->levels[1]);
	return is_item(c, place, t) ? read_item(c, items, place, t, from) : 0;
}

/* All of one. What cannot be read is kept all the same, and told. */
static int
read_text(struct cloudformation *c, struct gv_state_items *items,
    const struct gv_jsontext_token *t)
{
	struct gv_jsontext_piece piece;
	struct gv_state_text from = { .p = NULL };
	int r, next = 1;

	if (items->source == NULL)
		return 0;
	c->has_text = true;
	r = gv_state_cloudformation_text_open(
	    &c->text, t, items->source->memory);
	while (r == 0 && next > 0) {
		next =
		    gv_state_cloudformation_text_next(&c->text, &piece, &from);
		if (next > 0)
			r = read_text_piece(c, items, &piece, &from);
	}
	if (r == 0)
		r = next;
	if (r != GV_EREFUSED)
		return r;
	(void)snprintf(c->warning, sizeof(c->warning),
	    "its template is a text that cannot be read to its end: %s",
	    gv_err_message());
	return 0;
}

static int
cloudformation_read(void *own, const struct gv_jsontext_piece *piece,
    struct gv_state_items *items)
{
	const struct gv_jsontext_token *t = &piece->token;
	const struct gv_state_text from = { .p = t->p, .len = t->len };
	const struct gv_jsontext_token stack = gv_state_find(t, "StackId");
	struct cloudformation *c = own;

	if (is_text_template(piece))
		return read_text(c, items, t);
	take_stack(c, &stack);
	return read_item(c, items, place_of_piece(piece), t, &from);
}

static void
cloudformation_release(void *own)
{
	struct cloudformation *c = own;

	gv_buf_release(&c->address);
	gv_state_cloudformation_text_release(&c->text);
}

const struct gv_state_handler gv_state_cloudformation = {
	.tool = "cloudformation",
	.memory = sizeof(struct cloudformation),
	.whole = cloudformation_whole,
	.enter = cloudformation_enter,
	.member = cloudformation_member,
	.unit = cloudformation_unit,
	.read = cloudformation_read,
	.claim = cloudformation_claim,
	.release = cloudformation_release,
	.salvage = &gv_state_cloudformation_salvage,
};
