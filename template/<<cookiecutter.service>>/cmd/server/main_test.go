<% include "go/command_test.go" %>
