import groovy.json.JsonOutput;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.codehaus.groovy.ast.expr.*;
import org.codehaus.groovy.ast.stmt.*;
import org.codehaus.groovy.control.CompilationFailedException;
import org.codehaus.groovy.control.SourceUnit;

/** Prints the syntax tree of each Groovy file that is named, as JSON; nothing of it is run. */
class Tree {
    public static void main(String[] paths) throws Exception {
        Map<String, Object> trees = new LinkedHashMap<>();
        for (String path : paths) {
            trees.put(path, tree(Files.readString(Path.of(path))));
        }
        System.out.println(JsonOutput.toJson(trees));
    }

    static Object tree(String text) {
        try {
            SourceUnit unit = SourceUnit.create("Jenkinsfile", text);
            unit.parse();
            unit.completePhase();
            unit.convert();
            return block(unit.getAST().getStatementBlock());
        } catch (CompilationFailedException error) {
            return error.getMessage();
        }
    }

    static List<Object> block(Statement code) {
        List<Object> found = new ArrayList<>();
        for (Statement each : ((BlockStatement) code).getStatements()) {
            Object read = each instanceof ExpressionStatement one ? value(one.getExpression()) : each.getText();
            found.add(read instanceof Map<?, ?> ? read : Map.of("line", each.getLineNumber(), "other", String.valueOf(read)));
        }
        return found;
    }

    static Object value(Expression from) {
        if (from instanceof ConstantExpression constant) {
            return constant.getValue();
        }
        Map<String, Object> node = new LinkedHashMap<>();
        node.put("line", from.getLineNumber());
        if (from instanceof MethodCallExpression call) {
            node.put(call.isImplicitThis() ? "call" : "chained", call.getMethodAsString());
            List<Object> arguments = new ArrayList<>();
            for (Expression each : ((TupleExpression) call.getArguments()).getExpressions()) {
                arguments.add(value(each));
            }
            node.put("arguments", arguments);
        } else if (from instanceof ClosureExpression closure) {
            node.put("block", block(closure.getCode()));
        } else if (from instanceof MapExpression map) {
            Map<String, Object> named = new LinkedHashMap<>();
            map.getMapEntryExpressions().forEach(each ->
                named.put(each.getKeyExpression().getText(), value(each.getValueExpression())));
            node.put("named", named);
        } else if (from instanceof BinaryExpression equation && equation.getOperation().getText().equals("=")) {
            node.put("set", equation.getLeftExpression().getText());
            node.put("value", value(equation.getRightExpression()));
        } else if (from instanceof VariableExpression variable) {
            node.put("name", variable.getName());
        } else {
            node.put("other", from.getText());
        }
        return node;
    }
}
