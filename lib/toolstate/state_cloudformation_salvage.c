#include "toolstate/state_cloudformation.h"

#include <string.h>

/*
 * How what CloudFormation answers, and a template, are known where nothing
 * around them can be trusted. A resource of a template goes by the key before
 * it, as does a parameter of one, whose type may look alike.
 */

/* What one begins with. */
static const char *const first_keys[] = { "StackId", "StackName",
	"LogicalResourceId", "PhysicalResourceId", "ResourceChange",
	"ResourceType", "ChangeSetId", "ChangeSetName", "CreationTime",
	"Capabilities", "DriftInformation", "ActualProperties", "Description",
	"Type", "Properties", "Condition", "DependsOn", "Metadata",
	"DeletionPolicy", "CreationPolicy", "UpdatePolicy",
	"UpdateReplacePolicy", NULL };

/* AWS::S3::Bucket; a parameter has AWS::EC2::KeyPair::KeyName,
 * AWS::EC2::VPC::Id or AWS::SSM::Parameter::Value<String>. */
static bool
is_type(const struct gv_jsontext_token *t)
{
	static const char module[] = "::MODULE";
	const size_t n = strlen(module);
	size_t i, parts = 1;

	if (t->kind != GV_JSONTEXT_TEXT)
		return false;
	for (i = 1; i < t->len; i++)
		parts += t->p[i] == ':' && t->p[i - 1] == ':';
	return parts == 2 || parts == 3 ||
	    (parts > 3 && t->len > n &&
		memcmp(t->p + t->len - n, module, n) == 0);
}

/* One within which another one stands are two of which something is gone. */
static bool
is_made(const struct gv_jsontext_token *map)
{
	static const char *const within[] = { "Type", "Properties" };
	const struct gv_jsontext_token type = gv_state_find(map, "Type");

	return is_type(&type) && !gv_state_has_twice(map, "Type") &&
	    !gv_state_has_within(map, within, 2, 2);
}

static bool
cloudformation_is_resource(const struct gv_jsontext_token *map)
{
	static const char *const stack[] = { "StackId", "StackName",
		"StackStatus" };
	static const char *const resource[] = { "LogicalResourceId",
		"ResourceType", "ResourceStatus" };

	if (gv_state_cloudformation_is_listed(map))
		return !gv_state_has_within(map, stack, 3, 2) &&
		    !gv_state_has_within(map, resource, 3, 2);
	return is_made(map);
}

static bool
cloudformation_begins(const char *p, size_t len, bool first)
{
	static const char *const names[] = { "Stacks", "StackResources",
		"StackResourceSummaries", "StackResourceDrifts", "TemplateBody",
		"Summaries", "Changes", "AWSTemplateFormatVersion" };
	struct gv_jsontext_token t;
	struct gv_jsontext j;
	size_t which = gv_state_first_key(p, len, names, 8, &j, &t);

	if (which < 4)
		return t.kind == GV_JSONTEXT_LIST;
	return which == 4 || (first && which < 8);
}

static const struct gv_state_body bodies[] = {
	{ .resources = "Stacks" },
	{ .resources = "StackResources" },
	{ .resources = "StackResourceSummaries" },
	{ .resources = "StackResourceDrifts" },
	{ .resources = "Summaries" },
	{ .resources = "Changes", .is_bound = true },
	{ .path = { "TemplateBody" },
	    .resources = "Resources",
	    .is_map = true,
	    .is_bound = true },
	{ .resources = "Resources", .is_map = true, .is_bound = true },
};

const struct gv_state_salvage gv_state_cloudformation_salvage = {
	.bodies = bodies,
	.n_bodies = sizeof(bodies) / sizeof(bodies[0]),
	.indent = 4,
	.is_loose = true,
	.first = first_keys,
	.is_resource = cloudformation_is_resource,
	.begins = cloudformation_begins,
};
